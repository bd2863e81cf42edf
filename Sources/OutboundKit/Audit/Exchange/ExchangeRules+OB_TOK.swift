extension ExchangeRules {
    static let token: [any ExchangeRule.Type] = []
}
