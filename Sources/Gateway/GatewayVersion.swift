/// The version that `falgate version`, `x-litellm-version` and the user agent tell.
package enum GatewayVersion {
    package static let number = "0.1.0"
}
