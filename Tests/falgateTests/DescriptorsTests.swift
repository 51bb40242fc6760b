import HTTP
import Testing

@testable import falgate

@Suite("Descriptors") struct DescriptorsTests {
    @Test("a share of the limit is kept from clients", arguments: [
        (1_024, 896), (256, 192), (20_000, 17_500), (1_048_576, ServerLimits().connections), (10, 1),
    ])
    func connections(limit: Int, connections: Int) {
        #expect(Descriptors.connections(under: limit) == connections)
    }

    @Test("the loops share what is kept", arguments: [
        (1_024, 8, 5), (256, 2, 10), (20_000, 2, 128), (4_096, 16, 10), (256, 64, 2),
    ])
    func connectionsPerOrigin(limit: Int, loops: Int, connections: Int) {
        #expect(Descriptors.connectionsPerOrigin(under: limit, loops: loops) == connections)
    }
}
