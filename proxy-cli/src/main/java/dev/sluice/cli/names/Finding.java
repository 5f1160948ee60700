package dev.sluice.cli.names;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** What an answer says about a question, aliases followed as far as the answer goes. TTLs are in seconds. */
sealed interface Finding {
    /** A longer way is taken for one without end. */
    int MAX_ALIASES = 16;

    /**
     * Records of the type that was asked for.
     *
     * @param ttl the smallest on the way
     */
    record Found(List<Record> records, long ttl) implements Finding {}

    /**
     * The name stands for another one, of which the answer says nothing.
     *
     * @param steps how many aliases led there, at least one
     */
    record Alias(Name target, int steps, long ttl) implements Finding {}

    /**
     * Nothing.
     *
     * @param name of which there is nothing: what was asked for, or what it stands for
     * @param exists whether it has records of another kind
     * @param ttl for how long that is so (RFC 2308, 5), where the zone says it
     */
    record Absent(Name name, boolean exists, OptionalLong ttl) implements Finding {}

    /** Aliases that lead nowhere. */
    record Endless() implements Finding {}

    /** Reads an answer, NOERROR or NXDOMAIN. */
    static Finding in(Message message, Question question) {
        Map<Name, CNAMERecord> aliases = new HashMap<>();
        for (Record record : message.getSection(Section.ANSWER)) {
            if (record instanceof CNAMERecord alias && alias.getDClass() == DClass.IN) {
                aliases.putIfAbsent(alias.getName(), alias);
            }
        }
        Set<Name> seen = new HashSet<>();
        Name name = question.name();
        long ttl = Long.MAX_VALUE;
        for (CNAMERecord alias = aliases.get(name); alias != null; alias = aliases.get(name)) {
            if (!seen.add(name) || seen.size() > MAX_ALIASES) {
                return new Endless();
            }
            name = alias.getTarget();
            ttl = Math.min(ttl, ttl(alias));
        }
        List<Record> records = new ArrayList<>();
        for (Record record : message.getSection(Section.ANSWER)) {
            if (record.getType() == question.type()
                    && record.getDClass() == DClass.IN
                    && record.getName().equals(name)) {
                records.add(record);
                ttl = Math.min(ttl, ttl(record));
            }
        }
        if (!records.isEmpty()) {
            return new Found(records, ttl);
        }
        SOARecord zone = zone(message);
        boolean exists = message.getRcode() != Rcode.NXDOMAIN;
        if (exists && !seen.isEmpty() && zone == null) {
            return new Alias(name, seen.size(), ttl);
        }
        OptionalLong negative = zone == null
                ? OptionalLong.empty()
                : OptionalLong.of(Math.min(ttl, Math.min(ttl(zone), unsigned(zone.getMinimum()))));
        return new Absent(name, exists, negative);
    }

    private static @Nullable SOARecord zone(Message message) {
        for (Record record : message.getSection(Section.AUTHORITY)) {
            if (record instanceof SOARecord zone && record.getType() == Type.SOA) {
                return zone;
            }
        }
        return null;
    }

    /** A record's time to live; with the highest bit set it is none (RFC 2181, 8). */
    static long ttl(Record record) {
        return unsigned(record.getTTL());
    }

    private static long unsigned(long ttl) {
        return ttl > Integer.MAX_VALUE || ttl < 0 ? 0 : ttl;
    }
}
