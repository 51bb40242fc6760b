/// `router_settings`, and what `litellm_settings` says where they are silent: how requests are
/// shared, what trips a breaker, what is tried after a failure.
package struct RoutingSettings: Sendable, Equatable {
    /// `routing_strategy`
    package var strategy = RoutingStrategy.simpleShuffle
    /// `allowed_fails`, `cooldown_time`, `disable_cooldowns`
    package var cooldown = CooldownRule()
    /// `retry_after`: the shortest pause before another attempt.
    package var retryAfter: Duration = .zero
    /// `optional_pre_call_checks: [enforce_model_rate_limits]`: an `rpm` is a limit, not only a weight.
    package var enforcesRateLimits = false
    /// `fallbacks`, `default_fallbacks`, `max_fallbacks`
    package var fallbacks = Fallbacks()
    /// `general_settings.retry_paid_failures`: what may have been paid is tried again, too.
    package var retriesPaidFailures = false
}
