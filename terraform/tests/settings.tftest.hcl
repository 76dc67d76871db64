# Settings of every function that depend on choices of an environment. The fixture has those files of the root alone,
# because a mocked provider cannot load a root with an `ephemeral` block.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

run "in_the_partition_aws_functions_trust_the_roots_of_amazon" {
  command = plan
  module { source = "./tests/fixtures/settings" }

  assert {
    condition     = local.ca_variables == tomap({ AWS_CA_BUNDLE = "/opt/python/common/amazon_roots.pem" })
    error_message = "AWS_CA_BUNDLE is not the file with Amazon's roots."
  }
}

run "in_china_functions_trust_all_roots_of_botocore" {
  command = plan
  module { source = "./tests/fixtures/settings" }

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn" }
  }

  assert {
    condition     = length(local.ca_variables) == 0
    error_message = "AWS_CA_BUNDLE is set in aws-cn, whose roots Amazon does not list."
  }
}

run "in_govcloud_functions_trust_all_roots_of_botocore" {
  command = plan
  module { source = "./tests/fixtures/settings" }

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-us-gov" }
  }

  assert {
    condition     = length(local.ca_variables) == 0
    error_message = "AWS_CA_BUNDLE is set in aws-us-gov, whose roots Amazon does not list."
  }
}

run "roots_of_amazon_can_be_chosen_in_another_partition" {
  command = plan
  module { source = "./tests/fixtures/settings" }

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn" }
  }

  variables { ca_bundle = "amazon" }

  assert {
    condition     = local.ca_variables == tomap({ AWS_CA_BUNDLE = "/opt/python/common/amazon_roots.pem" })
    error_message = "AWS_CA_BUNDLE is not the file with Amazon's roots."
  }
}

run "all_roots_of_botocore_can_be_chosen" {
  command = plan
  module { source = "./tests/fixtures/settings" }
  variables { ca_bundle = "all" }

  assert {
    condition     = length(local.ca_variables) == 0
    error_message = "AWS_CA_BUNDLE is set, although all roots are chosen."
  }
}

run "file_of_a_private_authority_can_be_chosen" {
  command = plan
  module { source = "./tests/fixtures/settings" }
  variables { ca_bundle = "/opt/python/common/private_roots.pem" }

  assert {
    condition     = local.ca_variables == tomap({ AWS_CA_BUNDLE = "/opt/python/common/private_roots.pem" })
    error_message = "AWS_CA_BUNDLE is not the chosen file."
  }
}

run "by_default_lists_have_one_key" {
  command = plan
  module { source = "./tests/fixtures/settings" }

  assert {
    condition     = length(local.list_variables) == 0
    error_message = "LIST_SHARDS is set."
  }
}

run "lists_on_several_keys_are_a_setting_of_the_functions" {
  command = plan
  module { source = "./tests/fixtures/settings" }
  variables { list_shards = { written = 4, read = 8 } }

  assert {
    condition     = jsondecode(local.list_variables.LIST_SHARDS) == { written = 4, read = 8 }
    error_message = "LIST_SHARDS is not what list_shards says."
  }
}
