import Foundation

/// As much of JSON Schema as docs/json uses: type, const, enum, required, properties, additionalProperties, items, oneOf,
/// minimum, and $ref to $defs.
enum JSONSchema {
    /// What in `value` the schema does not allow, each with its path.
    /// - Parameter whole: the document of the schema, in which references are looked up; nil means `schema` itself.
    static func faults(
        _ value: Any, _ schema: [String: Any], at path: String = "$", in whole: [String: Any]? = nil
    ) -> [String] {
        let whole = whole ?? schema
        if let reference = schema["$ref"] as? String {
            let name = reference.replacing("#/$defs/", with: "")
            guard let target = (whole["$defs"] as? [String: Any])?[name] as? [String: Any] else {
                return ["\(path): \(reference) leads nowhere"]
            }
            return faults(value, target, at: path, in: whole)
        }
        if let choices = schema["oneOf"] as? [[String: Any]] {
            let fitting = choices.filter { faults(value, $0, at: path, in: whole).isEmpty }
            return fitting.count == 1 ? [] : ["\(path): \(fitting.count) of \(choices.count) alternatives fit"]
        }
        var found: [String] = []
        let allowed = (schema["type"] as? [String]) ?? (schema["type"] as? String).map { [$0] }
        if let allowed, !allowed.contains(where: { isOf($0, value) }) {
            return ["\(path): \(value) is no \(allowed.joined(separator: " or "))"]
        }
        if let wanted = schema["const"], !same(wanted, value) { found.append("\(path): not \(wanted)") }
        if let list = schema["enum"] as? [Any], !list.contains(where: { same($0, value) }) {
            found.append("\(path): \(value) is none of \(list)")
        }
        if let least = schema["minimum"] as? NSNumber, let number = value as? NSNumber,
            number.doubleValue < least.doubleValue
        {
            found.append("\(path): \(number) is below \(least)")
        }
        if let object = value as? [String: Any] {
            let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
            for name in schema["required"] as? [String] ?? [] where object[name] == nil {
                found.append("\(path): \(name) is missing")
            }
            for (name, member) in object {
                if let known = properties[name] {
                    found += faults(member, known, at: "\(path).\(name)", in: whole)
                } else if schema["additionalProperties"] as? Bool == false {
                    found.append("\(path): \(name) is not named")
                }
            }
        }
        if let array = value as? [Any], let items = schema["items"] as? [String: Any] {
            for (index, item) in array.enumerated() { found += faults(item, items, at: "\(path)[\(index)]", in: whole) }
        }
        return found
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        let isFlag = isBoolean(value)
        switch type {
        case "null": return value is NSNull
        case "string": return value is String
        case "object": return value is [String: Any]
        case "array": return value is [Any]
        case "boolean": return isFlag
        case "number": return value is NSNumber && !isFlag
        case "integer":
            return (value as? NSNumber).map { $0.doubleValue == $0.doubleValue.rounded() } ?? false && !isFlag
        default: return false
        }
    }

    /// What in a program's output the schema of `docs/json` does not allow.
    static func faults(of result: ProgramResult, command: String) throws -> [String] {
        func object(_ bytes: [UInt8]) throws -> [String: Any] {
            guard let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
                throw ProgramError(text: "no JSON object")
            }
            return object
        }
        let schema = try object(Files.bytes(Files.repository + "/docs/json/\(command).schema.json"))
        return faults(try object(result.outputBytes), schema)
    }

    /// Foundation reads booleans and numbers as one class; their Objective-C type tells them apart.
    private static func isBoolean(_ value: Any) -> Bool {
        guard let number = value as? NSNumber else { return false }
        return String(cString: number.objCType) == "c" || String(cString: number.objCType) == "B"
    }

    private static func same(_ left: Any, _ right: Any) -> Bool {
        if let left = left as? String, let right = right as? String { return left == right }
        if let left = left as? NSNumber, let right = right as? NSNumber { return left == right }
        return left is NSNull && right is NSNull
    }
}
