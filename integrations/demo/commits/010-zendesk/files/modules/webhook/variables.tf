variable "algorithm" {
  description = "Signature scheme: hmac-sha256 or hmac-sha256-base64."
  type        = string
  default     = "hmac-sha256"
}

variable "header" {
  description = "HTTP header that carries the signature."
  type        = string
}

variable "host" {
  description = "Host of our webhook receivers."
  type        = string
}

variable "integration" {
  description = "Name of the integration."
  type        = string
}

variable "vault_path" {
  description = "Vault path of the environment."
  type        = string
}
