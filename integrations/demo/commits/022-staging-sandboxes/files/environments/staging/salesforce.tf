resource "unified_api_environment_override" "salesforce" {
  integration = "salesforce"

  config = jsonencode({
    base_url = "https://{instance}.sandbox.my.salesforce.com/services/data/v62.0"
    auth = {
      authorize_url = "https://test.salesforce.com/services/oauth2/authorize"
      token_url     = "https://test.salesforce.com/services/oauth2/token"
    }
    pagination = {
      page_size = 20
    }
    rate_limit = {
      requests    = 5000
      concurrency = 5
    }
  })

  mapping {
    unified_model    = "crm"
    resource         = "contacts"
    method           = "list"
    response_mapping = <<-EOT
      /* Sandboxes append .invalid to addresses; take it off so that lookups by address work. */
      {
        "emails": response.Email ? [{ "email": $replace(response.Email, ".invalid", ""), "type": "work" }] : []
      }
    EOT
  }
}
