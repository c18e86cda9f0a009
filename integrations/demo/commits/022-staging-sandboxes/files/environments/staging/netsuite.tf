resource "unified_api_environment_override" "netsuite" {
  integration = "netsuite"

  config = jsonencode({
    base_url = "https://{account_id}-sb1.suitetalk.api.netsuite.com/services/rest"
    auth = {
      authorize_url = "https://{account_id}-sb1.app.netsuite.com/app/login/oauth2/authorize.nl"
      token_url     = "https://{account_id}-sb1.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token"
    }
    pagination = {
      page_size = 50
    }
  })
}
