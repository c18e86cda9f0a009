# Our own sandboxes, and the sandboxes that customers lend us.
module "platform" {
  source       = "../../integrations"
  vault_path   = var.vault_path
  webhook_host = var.webhook_host
}

module "enterprise_customers" {
  source = "../../overrides/enterprise-customers"
}
