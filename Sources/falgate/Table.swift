/// Rows under headings, the columns as wide as they need to be; numbers to the right.
struct Table {
    let columns: [String]
    let rows: [[String]]

    init(columns: [String], rows: [[String]]) {
        self.columns = columns
        self.rows = rows.map { $0.map(Table.printable) }
    }

    /// Callers choose what is in some cells: it must not end a line or steer the terminal.
    private static func printable(_ cell: String) -> String {
        String(String.UnicodeScalarView(cell.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }

    var text: String {
        let widths = columns.indices.map { index in
            ([columns] + rows).map { $0[index].count }.max() ?? 0
        }
        return ([columns] + rows).map { line($0, widths) }.joined()
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let pad = String(repeating: " ", count: widths[index] - cell.count)
            line += isNumeric(index) ? pad + cell : cell + pad
            if index < cells.count - 1 { line += "  " }
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    private func isNumeric(_ column: Int) -> Bool {
        !rows.isEmpty && rows.allSatisfy { row in row[column].drop { $0 == "$" }.allSatisfy { $0.isNumber || $0 == "." } }
    }
}
