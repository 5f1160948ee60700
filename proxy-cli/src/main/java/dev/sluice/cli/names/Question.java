package dev.sluice.cli.names;

import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/**
 * What a server is asked.
 *
 * @param name whole; equal whatever its case (RFC 4343)
 * @param type of record, as in {@link Type}
 */
record Question(Name name, int type) {
    /** The name as people write it, without the dot at its end. */
    String host() {
        return name.toString(true);
    }

    /** One of what is asked for, behind "no"; which family of addresses it is does not matter to who has none. */
    String one() {
        return type == Type.A || type == Type.AAAA ? "address" : Type.string(type) + " record";
    }

    /** All that is asked for, before "of" and the name. */
    String all() {
        return switch (type) {
            case Type.A -> "IPv4 addresses";
            case Type.AAAA -> "IPv6 addresses";
            default -> Type.string(type) + " records";
        };
    }
}
