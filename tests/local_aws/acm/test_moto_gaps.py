"""Certificates are issued at once."""

from local_aws.control_plane.server import ControlPlane
from tests.support.moto_servers import aws_client


def test_requested_certificate_is_issued_at_once(control_plane: ControlPlane) -> None:
    with aws_client("acm", control_plane.environment) as acm:
        arn = acm.request_certificate(DomainName="api.example.com", ValidationMethod="DNS")["CertificateArn"]
        certificate = acm.describe_certificate(CertificateArn=arn)["Certificate"]
        assert certificate["Status"] == "ISSUED"
        assert certificate["DomainValidationOptions"][0]["ResourceRecord"]["Type"] == "CNAME"
        acm.delete_certificate(CertificateArn=arn)
