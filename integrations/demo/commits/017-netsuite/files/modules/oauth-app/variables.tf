variable "app" {
  description = "Name of the OAuth app, which is also the last part of its path in Vault."
  type        = string
}

variable "scopes" {
  description = "Scopes as the vendor spells them."
  type        = list(string)
}

variable "vault_path" {
  description = "Vault path of the environment, such as vault://kv/larkspur/staging."
  type        = string
}
