"""How IAM names the resources of management calls.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
"""

# Signing name => prefix of the actions, where they differ.
PREFIXES = {"monitoring": "cloudwatch"}
# Services whose ARNs have no region.
GLOBAL = {"iam", "route53"}
# Actions that support no resource, or that describe many resources at once; patterns of the whole action.
WITHOUT_RESOURCE = (
    r"acm:(ListCertificates|RequestCertificate)",
    r"application-autoscaling:Describe\w+",
    r"backup-storage:MountCapsule",
    r"cloudwatch:(DescribeAlarms|GetMetricData)",
    r"codedeploy:(BatchGetDeploymentTargets|List(Applications|DeploymentConfigs|DeploymentTargets))",
    r"codedeploy:(PutLifecycleEventHookExecutionStatus|StopDeployment)",
    r"dynamodb:(DescribeLimits|ListTables)",
    r"iam:(ListRoles|ListPolicies)",
    r"kms:(ListAliases|ListKeys)",
    r"lambda:(GetAccountSettings|ListFunctions|ListLayers|ListLayerVersions)",
    r"logs:(DescribeLogGroups|DescribeResourcePolicies|PutResourcePolicy|\w+LogDelivery|ListLogDeliveries)",
    r"logs:\w+QueryDefinitions?",
    r"route53:(ListHostedZones\w*|GetHostedZoneCount)",
    r"secretsmanager:(GetRandomPassword|ListSecrets)",
    r"servicequotas:\w+",
    r"sns:(GetSubscriptionAttributes|ListSubscriptions|ListTopics|SetSubscriptionAttributes|Unsubscribe)",
    r"xray:(BatchGetTraces|GetGroups)",
)
# Signing name => parameters of operations and the resource that they name, the first that is present counts.
ARNS: dict[str, tuple[tuple[str, str], ...]] = {
    "acm": (("CertificateArn", "{0}"),),
    "application-autoscaling": (("ResourceARN", "{0}"), ("ServiceNamespace", "scalable-target/*")),
    "codedeploy": (
        ("ResourceArn", "{0}"),
        ("deploymentGroupName", "deploymentgroup:{applicationName}/{0}"),
        ("currentDeploymentGroupName", "deploymentgroup:{applicationName}/{0}"),
        ("deploymentConfigName", "deploymentconfig:{0}"),
        ("applicationName", "application:{0}"),
        ("deploymentId", "deploymentgroup:*"),
    ),
    "dynamodb": (("TableName", "table/{0}"), ("ResourceArn", "{0}")),
    "ecr": (("repositoryName", "repository/{0}"), ("resourceArn", "{0}")),
    "kms": (("KeyId", "key/{0}"),),
    "lambda": (
        ("FunctionName", "function:{0}"),
        ("Resource", "{0}"),
        ("Arn", "{0}"),
        ("LayerName", "layer:{0}"),
    ),
    "logs": (("logGroupName", "log-group:{0}"), ("resourceArn", "{0}"), ("logGroupIdentifier", "log-group:{0}")),
    "monitoring": (
        ("AlarmName", "alarm:{0}"),
        ("AlarmNames.member.1", "alarm:{0}"),
        ("DashboardName", "dashboard/{0}"),
        ("DashboardNames.member.1", "dashboard/{0}"),
        ("ResourceARN", "{0}"),
    ),
    # `Id` is a change in GetChange, and a hosted zone elsewhere.
    "route53": (("HostedZoneId", "hostedzone/{0}"), ("ResourceId", "hostedzone/{0}"), ("Id", "{kind}/{0}")),
    "secretsmanager": (("SecretId", "secret:{0}"), ("Name", "secret:{0}")),
    "sns": (("TopicArn", "{0}"), ("ResourceArn", "{0}"), ("Name", "{0}")),
    "xray": (("GroupARN", "{0}"), ("ResourceARN", "{0}"), ("GroupName", "group/{0}/*")),
}
