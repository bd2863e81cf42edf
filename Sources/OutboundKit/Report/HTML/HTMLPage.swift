/// What all pages of sipob share: the head, with a policy that lets nothing be loaded or run but what the page was made
/// with, and the style sheet.
///
/// Texts from the wire are escaped where they are inserted; the policy is the second lock. Style and script are named in
/// it by their hashes, so that markup that slipped through could neither run nor load anything.
enum HTMLPage {
    /// From the doctype to the opening of `body`.
    /// - Parameter refresh: seconds after which the browser asks again; nil for a page that stays as it is.
    static func head(title: String, script: String? = nil, refresh: Int? = nil) -> String {
        var policy = "default-src 'none'; base-uri 'none'; form-action 'none'"
        if let hash = hash(style) { policy += "; style-src '\(hash)'" }
        let scriptHash = script.flatMap(hash)
        if let scriptHash { policy += "; script-src '\(scriptHash)'" }
        var text = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            <meta name="color-scheme" content="light dark">

            """
        if let refresh { text += "<meta http-equiv=\"refresh\" content=\"\(refresh)\">\n" }
        text += "<title>\(MarkupText.escaped(title))</title>\n<style>\(style)</style>\n"
        if let script, scriptHash != nil { text += "<script>\(script)</script>\n" }
        return text + "</head>\n<body>\n"
    }

    static let foot = "</body>\n</html>\n"

    /// A source of the policy: the hash of what stands between the tags. Nil where the host forbids SHA-256.
    private static func hash(_ text: String) -> String? {
        guard let digest = try? MessageDigest.sha256.hash(Array(text.utf8)) else { return nil }
        return "sha256-" + Base64.encode(digest)
    }

    /// A sentence of ours or of the catalogue: escaped, and what stands between two backquotes set as code.
    static func prose(_ text: String) -> String {
        let parts = MarkupText.escaped(text).split(separator: "`", omittingEmptySubsequences: false)
        // An odd backquote means nothing, and stays.
        guard parts.count % 2 == 1 else { return parts.joined(separator: "`") }
        return parts.enumerated().map { $0.offset % 2 == 1 ? "<code>\($0.element)</code>" : String($0.element) }
            .joined()
    }

    /// The verdict as a coloured word.
    static func badge(_ word: String) -> String { "<span class=\"badge \(word)\">\(word)</span>" }

    /// A table cell.
    static func cell(_ text: String, _ attributes: String = "") -> String {
        "<td\(attributes)>\(MarkupText.escaped(text))</td>"
    }

    /// A row of column heads.
    static func heads(_ titles: [String]) -> String {
        "<thead><tr>" + titles.map { "<th scope=\"col\">\($0)</th>" }.joined() + "</tr></thead>\n"
    }

    /// Colours in pairs for day and night, each at least 4.5 to 1 on its ground (WCAG 2.1 §1.4.3); no colour alone
    /// carries a meaning.
    static let style = """

        :root { --ground: #fff; --ink: #1b1d22; --soft: #5a5f6b; --line: #d5d8df; --panel: #f5f6f8; --link: #0b57d0;
          --fail: #b3261e; --warn: #8a4b00; --unknown: #5a5f6b; --info: #0b57d0; --ok: #146c2e; --due: #cfe8d5;
          --late: #f6c2bd; --dead: #fbe9e7; --ping: #1b4f8f; --pong: #146c2e; }
        @media (prefers-color-scheme: dark) { :root { --ground: #14161a; --ink: #e6e8ee; --soft: #a9afbd;
          --line: #3a3f4a; --panel: #1d2026; --link: #8ab4f8; --fail: #ff9a90; --warn: #ffb95c; --unknown: #b4b8c5;
          --info: #8ab4f8; --ok: #7ddb90; --due: #234a2f; --late: #74302b; --dead: #34211f; --ping: #9cc4ff;
          --pong: #7ddb90; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--ground); color: var(--ink);
          font: 15px/1.5 system-ui, "Segoe UI", "Noto Sans", sans-serif; }
        h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
        h3 { font-size: 1.05rem; margin: 0 0 .5rem; } p { margin: .4rem 0; } a { color: var(--link); }
        .soft, .axis, .lane { color: var(--soft); } code, .mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace;
          font-size: .9em; overflow-wrap: anywhere; }
        .cards { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0; padding: 0; list-style: none; }
        .cards li { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .9rem;
          min-width: 6rem; } .cards b { display: block; font-size: 1.5rem; line-height: 1.2; }
        .cards .fail b { color: var(--fail); } .cards .warn b { color: var(--warn); } .cards .pass b { color: var(--ok); }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
        th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
        th { color: var(--soft); font-weight: 600; font-size: .85rem; } td { overflow-wrap: anywhere; }
        #flows td { overflow-wrap: break-word; }
        td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; } td.tight { white-space: nowrap; }
        .badge { display: inline-block; border: 1px solid currentColor; border-radius: .8rem; padding: 0 .55rem;
          font-size: .8rem; font-weight: 600; white-space: nowrap; }
        span.fail { color: var(--fail); } span.warn { color: var(--warn); } span.unknown { color: var(--unknown); }
        span.info { color: var(--info); } span.ok, span.pass { color: var(--ok); } span.skipped { color: var(--soft); }
        section.flow { background: var(--panel); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem;
          margin: 1rem 0; } section.flow:target { outline: 2px solid var(--link); }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .9rem; margin: .4rem 0; }
        dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
        article { border-top: 1px solid var(--line); padding: .6rem 0; } article p { margin: .25rem 0; }
        .advice { border-left: 3px solid var(--info); padding-left: .6rem; }
        ul.evidence { margin: .3rem 0; padding-left: 1.2rem; } summary { cursor: pointer; color: var(--link); }
        .filter { display: flex; gap: .8rem; flex-wrap: wrap; margin: .5rem 0; } .filter input, .filter select {
          font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: .3rem;
          padding: .25rem .5rem; } [hidden] { display: none !important; }
        svg.picture { display: block; width: 100%; height: auto; background: var(--ground); border: 1px solid var(--line);
          border-radius: .4rem; margin: .6rem 0 .2rem; font: 11px system-ui, "Noto Sans", sans-serif; }
        svg .plot { fill: none; stroke: var(--line); } svg .rail { stroke: var(--line); stroke-dasharray: 1 3; }
        svg .tick { stroke: var(--line); } svg .axis, svg .lane { fill: var(--soft); } svg .due { fill: var(--due); }
        svg .late { fill: var(--late); } svg .dead { fill: var(--dead); } svg .ping { stroke: var(--ping); stroke-width: 2; }
        svg .pong { stroke: var(--pong); stroke-width: 2; } svg .ping.bad, svg .pong.bad { stroke: var(--fail);
          stroke-width: 3; } svg .message { stroke: var(--soft); } svg .register { fill: var(--ping); }
        svg .registered { fill: var(--ok); } svg .refused, svg path.bad { fill: var(--fail); } svg .code { fill: var(--fail); }
        svg .gapmark { fill: var(--warn); } svg line.failed { stroke: var(--fail); stroke-width: 1.5;
          stroke-dasharray: 4 3; } svg text.failed { fill: var(--fail); font-weight: 600; }
        svg line.end { stroke: var(--ink); stroke-width: 1.5; } svg text.end { fill: var(--ink); font-weight: 600; }
        svg circle.fail { fill: var(--fail); } svg circle.warn { fill: none; stroke: var(--warn); stroke-width: 3; }
        svg circle.unknown { fill: none; stroke: var(--unknown); stroke-width: 1.5; }
        figure { margin: .8rem 0 1.4rem; } figcaption { font-weight: 600; margin-bottom: .3rem; }
        svg.chart { display: block; width: 100%; height: auto; font: 11px system-ui, "Noto Sans", sans-serif; }
        svg.framed { background: var(--ground); border: 1px solid var(--line); border-radius: .4rem; }
        svg .bar.fail { fill: var(--fail); } svg .bar.warn { fill: var(--warn); } svg .bar.unknown { fill: var(--line); }
        svg .bar.info, svg .bar.other { fill: var(--info); } svg .bar.ok { fill: var(--ok); }
        svg .bar.lost, svg .bar.refused { fill: var(--soft); } td.share { width: 11rem; vertical-align: middle; }
        .key { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: .85rem; color: var(--soft); }
        .key svg { width: 1.4em; height: 1em; vertical-align: -.1em; }
        @media print { :root { --panel: #fff; } body { max-width: none; padding: 0; font-size: 10pt; }
          * { print-color-adjust: exact; } .filter { display: none; } table { font-size: 8pt; } #flows th, #flows td { padding: .2rem .3rem; }
          article, svg, tr, .key, figure { break-inside: avoid; } h2, h3 { break-after: avoid; }
          details::details-content { content-visibility: visible; block-size: auto; } a { text-decoration: none; } }

        """
}
