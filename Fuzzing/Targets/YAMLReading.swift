import YAML

/// No target to fuzz: reads documents with NUL between them and prints what each means as canonical
/// JSON, or why it is refused, with NUL behind it. `Fuzzing/pyyaml.py` compares that with PyYAML's reading.
func printYAML(_ bytes: [UInt8]) {
    for document in bytes.split(separator: 0, omittingEmptySubsequences: false) {
        do throws(YAMLError) {
            print(CanonicalJSON.text(try YAML.parse(Array(document))), terminator: "\0")
        } catch {
            print("refused: \(error)", terminator: "\0")
        }
    }
}
