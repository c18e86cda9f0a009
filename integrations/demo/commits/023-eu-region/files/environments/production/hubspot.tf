resource "unified_api_environment_override" "hubspot" {
  integration = "hubspot"

  config = jsonencode({
    auth = {
      authorize_url = "https://app-eu1.hubspot.com/oauth/authorize"
    }
    oauth_app = {
      client_id_ref     = "${var.vault_path}/hubspot-eu#client_id"
      client_secret_ref = "${var.vault_path}/hubspot-eu#client_secret"
    }
    webhook = {
      url = "https://${var.webhook_host_eu}/v1/inbound/hubspot"
      signature = {
        secret_ref = "${var.vault_path}/hubspot-eu#client_secret"
      }
    }
  })
}
