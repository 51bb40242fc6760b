import CLinux

/// What the process has freed and the C library keeps for later.
package enum FreedMemory {
    /// Below this many bytes giving back is not worth the page faults that follow.
    private static let worthwhile = 16 * 1024 * 1024

    /// Returns the pages of freed memory to the system, if they are many. malloc_trim(3): the C library
    /// itself gives back only the end of a heap, so that a single request which still runs would
    /// keep what a crowd of ten thousand has left. Takes milliseconds.
    package static func giveBack() {
        guard mallinfo2().fordblks > worthwhile else { return }
        malloc_trim(0)
    }
}
