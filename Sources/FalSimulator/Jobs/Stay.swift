/// How long a job stays in one state.
enum Stay: Sendable, Equatable {
    /// For this long.
    case time(Duration)
    /// Until its status has been asked for this many times; the next answer shows what follows.
    case polls(Int)
    /// Until a test releases it.
    case held
}
