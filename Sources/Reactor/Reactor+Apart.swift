extension Reactor {
    /// Runs `work` in a child task on this loop, and waits for it.
    ///
    /// A task keeps the deepest stack that it has ever had until it ends. What leads to a wait of
    /// minutes, or is done again and again within one, runs apart, so that ten thousand tasks that
    /// wait have no room for it. Cancellation reaches the work as it reaches its caller.
    package func apart<Value: Sendable>(_ work: @Sendable () async -> Value) async -> Value {
        async let value = work()
        return await value
    }
}
