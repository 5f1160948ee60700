# Says which tests were skipped and what would run them, from Surefire's reports: one line for each class and reason.

function unescape(text) {
    gsub(/&lt;/, "<", text)
    gsub(/&gt;/, ">", text)
    gsub(/&quot;/, "\"", text)
    gsub(/&apos;/, "'", text)
    gsub(/&amp;/, "\\&", text)
    return text
}

# The value of an attribute of the element on this line.
function attribute(name,    from) {
    from = index($0, " " name "=\"")
    if (from == 0) {
        return ""
    }
    from += length(name) + 3
    return unescape(substr($0, from, index(substr($0, from), "\"") - 1))
}

/<testcase / {
    name = attribute("name")
    class = attribute("classname")
    sub(/.*\./, "", class)
}

/<skipped/ {
    reason = attribute("message")
    if (reason == "") {
        reason = $0
        sub(/.*<skipped[^>]*>/, "", reason)
        sub(/^<!\[CDATA\[/, "", reason)
        sub(/(\]\]>)?(<\/skipped>)?$/, "", reason)
        sub(/^[A-Za-z0-9_.$]*(Exception|Error)(: )?/, "", reason)
    }
    sub(/^Assumption failed: /, "", reason)
    key = class ": " (reason == "" ? "no reason given" : reason)
    if (!(key in count)) {
        order[++kinds] = key
    }
    # A class that was skipped before its first test has this one instead.
    count[key] = name == "initializationError" ? "all" : count[key] + 1
}

END {
    if (kinds > 0) {
        print "verify: skipped, and what would run it:"
        for (i = 1; i <= kinds; i++) {
            printf "%7s of %s\n", count[order[i]], order[i]
        }
    }
}
