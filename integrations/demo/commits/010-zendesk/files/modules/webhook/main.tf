# One inbound webhook endpoint: its public address and how its deliveries are signed.
output "url" {
  description = "The address to register with the vendor."
  value       = "https://${var.host}/v1/inbound/${var.integration}"
}

output "signature" {
  description = "How a delivery proves that it comes from the vendor."
  value = {
    algorithm  = var.algorithm
    header     = var.header
    secret_ref = "${var.vault_path}/${var.integration}#webhook_secret"
  }
}
