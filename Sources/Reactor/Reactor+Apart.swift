extension Reactor {
    /// Runs `work` in a task of its own on this loop, which must be the caller's, and waits for it.
    ///
    /// A task keeps the deepest stack that it has ever had until it ends. What is done now and then
    /// within a wait of minutes runs apart, so that ten thousand tasks that wait have no room for it. Cancellation reaches the work as it reaches its caller. Not an
    /// `async let`, which reserves room for a task in the frame of its caller.
    package func apart<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value {
        let task = Task.immediate(executorPreference: self) { await work() }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
