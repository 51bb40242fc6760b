/// A day of the Gregorian calendar, reckoned in days since 1970-01-01.
///
/// The reckoning moves the year's start to the first of March, so that the leap day comes last:
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil` and
/// `civil_from_days`.
struct CalendarDay: Equatable {
    let year: Int64
    let month: Int64
    let day: Int64

    init(of timestamp: Timestamp) {
        let (days, rest) = timestamp.milliseconds.quotientAndRemainder(dividingBy: Timestamp.millisecondsPerDay)
        self.init(daysSince1970: rest < 0 ? days - 1 : days)
    }

    init(daysSince1970 days: Int64) {
        let shifted = days + 719_468  // since 0000-03-01
        let dayOfEra = shifted.modulo(146_097)
        let era = (shifted - dayOfEra) / 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// - Returns: nil for a day the calendar does not have, such as February 30.
    init?(year: Int64, month: Int64, day: Int64) {
        (self.year, self.month, self.day) = (year, month, day)
        guard (1...12).contains(month), (1...31).contains(day), CalendarDay(daysSince1970: daysSince1970) == self else {
            return nil
        }
    }

    var daysSince1970: Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let yearOfEra = marchYear.modulo(400)
        let era = (marchYear - yearOfEra) / 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// `2026-01-31` in ASCII.
    var bytes: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(24)
        text.appendDecimal(year, digits: 4)
        text.append(UInt8(ascii: "-"))
        text.appendDecimal(month, digits: 2)
        text.append(UInt8(ascii: "-"))
        text.appendDecimal(day, digits: 2)
        return text
    }
}

extension Int64 {
    /// The remainder that is never negative, unlike `%`.
    func modulo(_ divisor: Int64) -> Int64 {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}

extension [UInt8] {
    /// The last `digits` decimal digits of a number that is not negative; of another one as many digits, which mean nothing.
    mutating func appendDecimal(_ number: Int64, digits: Int) {
        var unit: Int64 = 1
        for _ in 1..<digits { unit *= 10 }
        while unit > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: (number / unit).modulo(10)))
            unit /= 10
        }
    }
}
