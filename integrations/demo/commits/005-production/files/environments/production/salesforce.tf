resource "unified_api_environment_override" "salesforce" {
  integration = "salesforce"

  config = jsonencode({
    rate_limit = {
      concurrency = 20
    }
  })
}
