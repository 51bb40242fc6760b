/// An optional value kept out of line: eight bytes wherever it is copied to, an allocation when it is
/// set. For what is large, seldom there or seldom changed, inside of values that async calls hold
/// while they wait.
@propertyWrapper
enum Boxed<Value> {
    case nothing
    indirect case value(Value)

    init(wrappedValue: Value?) {
        self = wrappedValue.map { .value($0) } ?? .nothing
    }

    var wrappedValue: Value? {
        get {
            if case .value(let value) = self { value } else { nil }
        }
        set { self = Boxed(wrappedValue: newValue) }
    }
}

extension Boxed: Sendable where Value: Sendable {}
