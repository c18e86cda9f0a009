resource "unified_api_environment_override" "salesforce" {
  integration = "salesforce"

  config = jsonencode({
    pagination = {
      page_size = 100
    }
    rate_limit = {
      concurrency = 20
    }
  })
}
