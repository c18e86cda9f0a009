# References to one OAuth app's credentials. The credentials themselves live in Vault.
output "client_id_ref" {
  description = "Where the platform reads the client id."
  value       = "${var.vault_path}/${var.app}#client_id"
}

output "client_secret_ref" {
  description = "Where the platform reads the client secret."
  value       = "${var.vault_path}/${var.app}#client_secret"
}

output "scopes" {
  description = "The scopes that we ask the customer to consent to, without repetition."
  value       = distinct(var.scopes)
}
