// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OCI
import Testing

@Suite struct StrictJSONTests {
    @Test(
        arguments: [
            ("{}", []),
            (" \t\r\n{ \n } \n", []),
            (#"{"a":1}"#, ["a"]),
            (#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}"#, ["a", "b"]),
            (#"{"":1," ":2,"A":3,"a":4}"#, ["", " ", "A", "a"]),
            (#"{"\u0061":1}"#, ["a"]),
            (#"{"\"\\\/\b\f\n\r\t":1}"#, ["\"\\/\u{08}\u{0C}\n\r\t"]),
            (#"{"\uD83D\uDC33":1}"#, ["🐳"]),
            (#"{"\ud83d\udc33":"\u00e9"}"#, ["🐳"]),
            (#"{"🐳é":"🐳"}"#, ["🐳é"]),
            (#"{"\u0000":0}"#, ["\0"]),
            (#"{"a":"\u007f"}"#, ["a"]),
            (#"{"a":true,"b":false,"c":null,"d":[],"e":{},"f":""}"#, ["a", "b", "c", "d", "e", "f"]),
        ] as [(String, [String])]
    )
    func `returns the names of the outermost object`(_ text: String, keys: [String]) throws {
        #expect(try StrictJSON.topLevelKeys(of: Array(text.utf8)) == Set(keys))
    }

    @Test(arguments: [
        (#"{"layers":[],"layers":[]}"#, "layers", 13),
        (#"{"layers":[],"l\u0061yers":[]}"#, "layers", 13),
        (#"{"\u006c\u0061yers":[],"layers":[]}"#, "layers", 23),
        (#"{"a/b":1,"a\/b":2}"#, "a/b", 9),
        (#"{"🐳":1,"\ud83d\udc33":2}"#, "🐳", 10),
        (#"{"":1,"":1}"#, "", 6),
        (#"{"x":{"a":1,"b":2,"a":1}}"#, "a", 18),
        (#"{"x":[0,{"a":1,"a":1}]}"#, "a", 15),
        (#"{"a":null,"a":null}"#, "a", 10),
        (#"{"a":1, "b":2, "a" :1}"#, "a", 15),
    ])
    func `C05: refuses a name that stands twice in one object`(_ text: String, name: String, offset: Int) {
        let error = #expect(throws: StrictJSONError.self) { try StrictJSON.topLevelKeys(of: Array(text.utf8)) }
        #expect(error?.reason == .duplicateName(name))
        #expect(error?.offset == offset)
    }

    @Test(arguments: [
        "", " ", "null", "1", "[]", "[{}]", "\"a\"", "{", "}", "{}}", "{}{}", "{} x", "{}\0", "{},", "\u{FEFF}{}",
        "{a:1}", "{'a':1}", "{1:1}", #"{"a"}"#, #"{"a":}"#, #"{"a" 1}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a":1 "b":2}"#,
        #"{"a":[1,]}"#, #"{"a":[,1]}"#, #"{"a":[1 2]}"#, #"{"a":[1}"#, #"{"a":[1]"#, #"{"a":"b}"#, #"{"a":1"#, #"{"a"#,
        "{\"a\":1/*x*/}", "{\"a\":1//x\n}", #"{"a":tru}"#, #"{"a":True}"#, #"{"a":nul}"#, #"{"a":nulll}"#,
        #"{"a":undefined}"#, #"{"a":'b'}"#, "{\"a\":1\u{A0}}", "{\"a\":1\u{0C}}",
    ])
    func `refuses what is not one object`(_ text: String) {
        #expect(throws: StrictJSONError.self) { try StrictJSON.topLevelKeys(of: Array(text.utf8)) }
    }

    @Test(arguments: [
        "0", "-0", "1", "-1", "10", "1234567890", "0.0", "1.5", "-1.50", "1e3", "1E3", "1e+3", "1e-3", "0e0", "1.5e10",
        "9223372036854775808", "123456789012345678901234567890", "1e999",
    ])
    func `accepts a number`(_ number: String) throws {
        #expect(try StrictJSON.topLevelKeys(of: Array("{\"a\":\(number)}".utf8)) == ["a"])
        #expect(try StrictJSON.topLevelKeys(of: Array("{\"a\":[\(number), \(number)]}".utf8)) == ["a"])
    }

    @Test(arguments: [
        "+1", "01", "-01", "00", ".5", "1.", "-.5", "1.e3", "1e", "1e+", "1E-", "-", "--1", "1-", "1+1", "1e3.5",
        "1.2.3",
        "0x10", "0X1F", "0b1", "1_000", "1p3", "0x1p3", "nan", "NaN", "inf", "Infinity", "-Infinity", "infinity",
        "-inf",
        "nan(0)", "1f", "١",
    ])
    func `refuses what only other languages take for a number`(_ number: String) {
        for text in ["{\"a\":\(number)}", "{\"a\":[\(number)]}", "{\"a\":\(number) }"] {
            #expect(throws: StrictJSONError.self) { try StrictJSON.topLevelKeys(of: Array(text.utf8)) }
        }
    }

    @Test(arguments: 0..<0x20 as Range<UInt8>)
    func `refuses a control byte in a text`(_ byte: UInt8) {
        let inValue = Array(#"{"a":"x"#.utf8) + [byte] + Array(#""}"#.utf8)
        #expect(throws: StrictJSONError.self) { try StrictJSON.topLevelKeys(of: inValue) }
        let inName = Array(#"{"a"#.utf8) + [byte] + Array(#"":1}"#.utf8)
        #expect(throws: StrictJSONError.self) { try StrictJSON.topLevelKeys(of: inName) }
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xC3], [0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF0, 0x80, 0x80, 0xAF], [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]]
    )
    func `refuses bytes that are not UTF-8`(_ bytes: [UInt8]) {
        for (before, after) in [(#"{"a":""#, #""}"#), (#"{""#, #"":1}"#), (#"{"a":"#, "}"), ("{}", "")] {
            let document = Array(before.utf8) + bytes + Array(after.utf8)
            #expect(throws: StrictJSONError.self) { try StrictJSON.topLevelKeys(of: document) }
        }
    }

    @Test(arguments: [
        #"\u12"#, #"\u"#, #"\u123g"#, #"\u+123"#, #"\u 123"#, #"\x41"#, #"\'"#, #"\0"#, #"\U0041"#, #"\"#, #"\ud83d"#,
        #"\udc33"#, #"\udc33\ud83d"#, #"\ud83d\u0041"#, #"\ud83dx"#, #"\ud83d\n"#,
        #"\u\u{FF11}\u{FF11}\u{FF11}\u{FF11}"#,
    ])
    func `refuses a broken escape`(_ escape: String) {
        for text in ["{\"a\":\"\(escape)\"}", "{\"\(escape)\":1}", "{\"a\":\"\(escape)"] {
            #expect(throws: StrictJSONError.self) { try StrictJSON.topLevelKeys(of: Array(text.utf8)) }
        }
    }

    @Test func `refuses a text with more combining marks in a row than any language writes`() throws {
        let mark = "\u{301}\u{316}"
        let fine = "a" + String(repeating: mark, count: 32)
        #expect(try StrictJSON.topLevelKeys(of: Array("{\"\(fine)\":\"\(fine)\(fine)\"}".utf8)) == [fine])
        // Comparing such texts takes time that grows with the square of their length.
        let run = String(repeating: mark, count: 200_000)
        let escaped = String(repeating: #"\u0301\u0316"#, count: 1000)
        // These stand for two marks each, although they have no combining class of their own.
        let hidden = String(repeating: "\u{F73}\u{F81}", count: 200_000)
        for text in ["{\"\(hidden)\":1}", "{\"\(run)\":1}", "{\"a\":\"\(run)\"}", "{\"\(escaped)\":1}"] {
            let error = #expect(throws: StrictJSONError.self) { try StrictJSON.topLevelKeys(of: Array(text.utf8)) }
            #expect(error?.reason == .invalidText)
        }
    }

    /// Objects or arrays in each other, the outermost an object.
    private func nested(_ depth: Int, arrays: Bool, inner: String) -> [UInt8] {
        let count = depth - 1
        let open = String(repeating: arrays ? "[" : #"{"a":"#, count: count)
        let close = String(repeating: arrays ? "]" : "}", count: count)
        return Array((#"{"a":"# + open + inner + close + "}").utf8)
    }

    @Test(arguments: [true, false], ["1", "\"x\"", "true"])
    func `accepts 64 objects or arrays in each other, and no more`(arrays: Bool, inner: String) throws {
        let depth = StrictJSON.maximumDepth
        #expect(depth == 64)
        #expect(try StrictJSON.topLevelKeys(of: nested(depth, arrays: arrays, inner: inner)) == ["a"])
        let error = #expect(throws: StrictJSONError.self) {
            try StrictJSON.topLevelKeys(of: nested(depth + 1, arrays: arrays, inner: inner))
        }
        #expect(error?.reason == .tooDeep)
    }

    @Test(arguments: ["{}", "[]"])
    func `counts empty objects and arrays as well`(_ inner: String) throws {
        #expect(throws: Never.self) { try StrictJSON.topLevelKeys(of: nested(63, arrays: true, inner: inner)) }
        let error = #expect(throws: StrictJSONError.self) {
            try StrictJSON.topLevelKeys(of: nested(64, arrays: true, inner: inner))
        }
        #expect(error?.reason == .tooDeep)
    }

    @Test(arguments: [true, false])
    func `is not brought down by nesting without end`(arrays: Bool) {
        for inner in ["1", ""] {
            let error = #expect(throws: StrictJSONError.self) {
                try StrictJSON.topLevelKeys(of: nested(100_000, arrays: arrays, inner: inner))
            }
            #expect(error?.reason == .tooDeep)
        }
    }

    @Test func `agrees with how documents were made`() throws {
        var generator = SeededGenerator(seed: 6)
        for _ in 0..<2000 {
            var maker = DocumentMaker(generator: generator)
            let (text, keys) = maker.object(depth: 0)
            generator = maker.generator
            if maker.hasDuplicate {
                let error = #expect(throws: StrictJSONError.self) { try StrictJSON.topLevelKeys(of: Array(text.utf8)) }
                guard case .duplicateName = error?.reason else {
                    Issue.record("\(text)")
                    continue
                }
            } else {
                #expect(try StrictJSON.topLevelKeys(of: Array(text.utf8)) == keys, "\(text)")
                #expect(decoderReads(Array(text.utf8)), "\(text)")
            }
        }
    }

    @Test func `mutations never trap, and what is accepted the decoder accepts too`() {
        let corpus = [
            #"{"schemaVersion":2,"config":{"digest":"sha256:0","size":7023},"layers":[{"size":-1.5e3},{"urls":["a","b"]}]}"#,
            #"{"a\u0062\n\ud83d\udc33":[true,false,null,{},[],"",0,-0.5E+10]}"#, "{}", #"{"é":"🐳", "b" : [ 1 , 2 ] }"#,
        ]
        let pieces = [
            "{", "}", "[", "]", "\"", ",", ":", "\\", "\\u", "\\ud800", "\\udc00", "0", "01", "-", ".", "e", "+",
            "null", "tru",
            " ", "\n", "\0", "\u{301}", "\u{FEFF}", "nan", "0x1", "/", "\u{1F433}",
        ]
        var mutator = Mutator(seed: 7, corpus: corpus, pieces: pieces)
        var accepted = 0
        for _ in 0..<40_000 {
            let bytes = mutator.bytes()
            do {
                _ = try StrictJSON.topLevelKeys(of: bytes)
                accepted += 1
                #expect(decoderReads(bytes), "\(String(decoding: bytes, as: UTF8.self))")
            } catch {
                #expect((0...bytes.count).contains(error.offset))
            }
        }
        #expect(accepted > 1000)
    }

    private func decoderReads(_ bytes: [UInt8]) -> Bool {
        struct Anything: Decodable {
            init(from decoder: any Decoder) throws {}
        }
        return (try? JSONDecoder().decode(Anything.self, from: Data(bytes))) != nil
    }
}

/// Makes documents that are right except for names that stand twice, in random spellings.
private struct DocumentMaker {
    var generator: SeededGenerator
    var hasDuplicate = false

    init(generator: SeededGenerator) { self.generator = generator }

    mutating func object(depth: Int) -> (text: String, keys: Set<String>) {
        var keys: Set<String> = []
        var members: [String] = []
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let key = pick(["a", "b", "layers", "é", "🐳", "", "\n", "\"", "\\", "config", "x/y", "Layers"])
            // Most of the names that would stand twice are left out.
            if keys.contains(key) {
                if Int.random(in: 0..<8, using: &generator) > 0 { continue }
                hasDuplicate = true
            }
            keys.insert(key)
            members.append(space() + spelling(of: key) + space() + ":" + space() + value(depth: depth + 1) + space())
        }
        return ("{" + (members.isEmpty ? space() : members.joined(separator: ",")) + "}", keys)
    }

    private mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth < 5 ? 6 : 4), using: &generator) {
        case 0: return pick(["true", "false", "null"])
        case 1: return pick(["0", "-1", "3.25", "1e9", "-0.5E-3"])
        case 2, 3: return spelling(of: pick(["", "text", "\u{1F}", "🐳", "a\"b"]))
        case 4: return object(depth: depth).text
        default:
            let count = Int.random(in: 0...3, using: &generator)
            return "[" + (0..<count).map { _ in space() + value(depth: depth + 1) }.joined(separator: ",") + space()
                + "]"
        }
    }

    /// A text between quotes, each of its characters as it is or escaped.
    private mutating func spelling(of text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if mustEscape || Int.random(in: 0..<4, using: &generator) == 0 {
                for unit in String(scalar).utf16 {
                    let hex = String(unit, radix: 16, uppercase: Bool.random(using: &generator))
                    out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                }
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    private mutating func space() -> String { pick(["", "", "", " ", "\n", "\t", "\r\n "]) }

    private mutating func pick(_ list: [String]) -> String { list.randomElement(using: &generator) ?? "" }
}
