// Package keystore knows the configured connections and where their credentials
// are. The configuration is a TOML file without secrets; a credential lies in
// the operating system's keyring unless somebody explicitly chose another
// [Store]. There is no silent fall-back from one store to another.
//
// It imports nothing else of roomdesk.
package keystore
