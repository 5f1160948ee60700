package dev.sluice.cli.bench.techniques;

import dev.sluice.cli.bench.export.Csv;
import dev.sluice.cli.bench.techniques.send.Technique;
import dev.sluice.cli.bench.techniques.send.Technique.Textbook;
import dev.sluice.cli.common.Version;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The results for programs: every figure is a median over the rounds unless its name says otherwise. */
final class Export {
    private Export() {}

    /** One object. */
    static String json(Setting setting, List<TechniqueResult> results) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("benchmark", "techniques");
        all.put("pattern", setting.pattern() == null ? null : setting.pattern().toString());
        all.put("size_bytes", setting.size());
        all.put("chunk_bytes", setting.chunk());
        all.put("rounds", setting.rounds());
        all.put("directory", setting.folder().toString());
        all.put("file_system", setting.fileSystem());
        all.put("file_cache", "hot");
        all.put("version", new Version().getVersion()[0]);
        all.put("cpu", setting.machine().cpu());
        all.put("loopback_mtu", setting.machine().loopbackMtu());
        all.put("congestion_control", setting.machine().congestion());
        all.put("sender_cpu", setting.pinning().subject());
        all.put("receiver_cpu", setting.pinning().client());
        StringBuilder out = new StringBuilder("{");
        all.forEach((name, value) ->
                out.append(value(name)).append(": ").append(value(value)).append(",\n "));
        out.append("\"techniques\": [");
        for (int i = 0; i < results.size(); i++) {
            out.append(i == 0 ? "\n  {" : ",\n  {")
                    .append(fields(results.get(i)).entrySet().stream()
                            .map(field -> value(field.getKey()) + ": " + value(field.getValue()))
                            .collect(Collectors.joining(", ")))
                    .append('}');
        }
        return out.append("]}\n").toString();
    }

    /** A line of names, a line for each technique. */
    static String csv(List<TechniqueResult> results) {
        Csv csv = new Csv();
        for (TechniqueResult result : results) {
            Map<String, @Nullable Object> fields = fields(result);
            if (result.equals(results.getFirst())) {
                csv.line(List.copyOf(fields.keySet()));
            }
            csv.line(new ArrayList<>(fields.values()));
        }
        return csv.toString();
    }

    private static Map<String, @Nullable Object> fields(TechniqueResult result) {
        Technique technique = result.technique();
        Textbook textbook = technique.textbook();
        boolean measured = result.measured();
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("technique", technique.name());
        row.put("kind", technique.kind());
        row.put("not_measured", result.obstacle());
        row.put("rounds", result.rounds());
        row.put("mib_per_second", measured ? result.median(Round::mibPerSecond) : null);
        row.put(
                "mib_per_second_min",
                measured ? result.spread(Round::mibPerSecond).min() : null);
        row.put(
                "mib_per_second_max",
                measured ? result.spread(Round::mibPerSecond).max() : null);
        row.put("cpu_seconds_per_gib", measured ? result.median(Round::cpuPerGib) : null);
        row.put("user_seconds_per_gib", measured ? result.median(Round::userPerGib) : null);
        row.put("system_seconds_per_gib", measured ? result.median(Round::systemPerGib) : null);
        row.put("system_calls_per_mib", measured ? result.median(Round::callsPerMib) : null);
        row.put("crossings_per_mib", measured ? result.median(Round::crossingsPerMib) : null);
        row.put("page_faults_per_mib", measured ? result.median(Round::faultsPerMib) : null);
        row.put("voluntary_switches_per_gib", measured ? result.median(Round::waitsPerGib) : null);
        row.put("involuntary_switches_per_gib", measured ? result.median(Round::preemptionsPerGib) : null);
        row.put("bytes_sent", measured ? result.median(Round::bytes) : null);
        row.put("bytes_into_user_space", measured ? result.median(r -> r.tally().intoUser()) : null);
        row.put(
                "bytes_out_of_user_space",
                measured ? result.median(r -> r.tally().outOfUser()) : null);
        row.put("bytes_copied_by_cpu", measured ? result.median(r -> r.tally().cpuCopied()) : null);
        row.put("disk_bytes_read_per_byte", measured ? result.median(Round::diskReads) : null);
        row.put("zero_copy_sends", measured ? result.median(r -> r.tally().zeroCopySends()) : null);
        row.put(
                "zero_copy_sends_copied",
                measured ? result.median(r -> r.tally().zeroCopyCopied()) : null);
        row.put("textbook_crossings_per_chunk", textbook == null ? null : textbook.crossings());
        row.put("textbook_cpu_copies", textbook == null ? null : textbook.cpuCopies());
        row.put("textbook_dma_copies", textbook == null ? null : textbook.dmaCopies());
        return row;
    }

    private static String value(@Nullable Object value) {
        if (value instanceof String text) {
            StringBuilder out = new StringBuilder("\"");
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c < ' ') {
                    out.append(String.format("\\u%04x", (int) c));
                } else {
                    out.append(c == '"' || c == '\\' ? "\\" : "").append(c);
                }
            }
            return out.append('"').toString();
        }
        return String.valueOf(value); // numbers are finite: no round is without bytes or without time
    }
}
