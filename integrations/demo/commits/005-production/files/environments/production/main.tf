# What customers use.
module "platform" {
  source       = "../../integrations"
  vault_path   = var.vault_path
  webhook_host = var.webhook_host
}
