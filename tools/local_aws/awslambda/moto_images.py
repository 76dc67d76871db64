"""Lambda: functions of images, of which moto 5.2.5 neither looks an image up nor returns its digest."""

from typing import Any

from moto.awslambda import models
from moto.awslambda.exceptions import LambdaClientError
from moto.ecr.exceptions import RepositoryNotFoundException
from moto.ecr.models import ecr_backends

from local_aws.ecr.images import ImageUri


class ImageFunction(models.LambdaFunction):
    """A function that may be made of an image, which must be in ECR in the function's region.

    https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html
    """

    def get_code(self) -> dict[str, Any]:
        """Return moto's response with the image's URI by digest."""
        answer = super().get_code()
        if "ImageUri" in self.code:
            # Only a tag has a colon, because an address in ECR has no port.
            repository = self.code["ImageUri"].partition("@")[0].partition(":")[0]
            answer["Code"]["ResolvedImageUri"] = f"{repository}@sha256:{self.code_sha_256}"
        return answer

    def _set_function_code(self, updated_spec: dict[str, Any]) -> None:
        """Look the image up, or let moto store the zip."""
        uri = updated_spec.get("ImageUri")
        if uri is None:
            super()._set_function_code(updated_spec)
        elif not updated_spec.get("DryRun"):
            image = _find(uri, self.region)
            self.code = self.code | {"ImageUri": uri}
            self.code_bytes = b""
            self.code_size = 0
            self.code_sha_256 = image.get_image_digest().removeprefix("sha256:")


def _find(uri: str, region: str) -> Any:
    parts = ImageUri.parse(uri)
    if parts is None or parts.region != region:
        raise _refusal(uri, "is not valid")
    wanted = {"imageDigest": parts.digest} if parts.digest else {"imageTag": parts.tag}
    try:
        found = ecr_backends[parts.account][parts.region].batch_get_image(parts.repository, image_ids=[wanted])[
            "images"
        ]
    except RepositoryNotFoundException:
        found = []
    if not found:
        raise _refusal(uri, "does not exist")
    return found[0]


def _refusal(uri: str, fault: str) -> LambdaClientError:
    """Return the error with AWS's text, which is from https://github.com/aws/aws-cdk/issues/24648."""
    text = f"Source image {uri} {fault}. Provide a valid source image."
    return LambdaClientError("InvalidParameterValueException", text)
