# A read mapping with the error shape that most vendors' APIs share.
resource "unified_api_mapping" "this" {
  integration      = var.integration
  unified_model    = var.unified_model
  resource         = var.resource
  method           = var.method
  query_mapping    = var.query_mapping
  response_mapping = var.response_mapping
  error_mapping    = file("${path.module}/error.jsonata")
}
