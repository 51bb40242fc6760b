/// A value that is kept once, however many refer to it: ten thousand jobs of one plan.
final class Shared<Value: Sendable>: Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
