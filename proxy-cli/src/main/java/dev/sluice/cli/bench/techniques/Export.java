package dev.sluice.cli.bench.techniques;

import com.grack.nanojson.JsonWriter;
import dev.sluice.cli.bench.export.Csv;
import dev.sluice.cli.bench.export.JsonNumber;
import dev.sluice.cli.bench.statistics.Spread;
import dev.sluice.cli.bench.techniques.send.Technique;
import dev.sluice.cli.bench.techniques.send.Technique.Textbook;
import dev.sluice.cli.common.Version;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
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
        all.put("techniques", results.stream().map(Export::fields).toList());
        return JsonWriter.string(all) + "\n";
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
        Spread speed = result.measured() ? result.spread(Round::mibPerSecond) : null;
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("technique", technique.name());
        row.put("kind", technique.kind());
        row.put("not_measured", result.obstacle());
        row.put("rounds", result.rounds());
        row.put("mib_per_second", median(result, Round::mibPerSecond));
        row.put("mib_per_second_min", speed == null ? null : JsonNumber.of(speed.min()));
        row.put("mib_per_second_max", speed == null ? null : JsonNumber.of(speed.max()));
        row.put("cpu_seconds_per_gib", median(result, Round::cpuPerGib));
        row.put("user_seconds_per_gib", median(result, Round::userPerGib));
        row.put("system_seconds_per_gib", median(result, Round::systemPerGib));
        row.put("system_calls_per_mib", median(result, Round::callsPerMib));
        row.put("crossings_per_mib", median(result, Round::crossingsPerMib));
        row.put("page_faults_per_mib", median(result, Round::faultsPerMib));
        row.put("voluntary_switches_per_gib", median(result, Round::waitsPerGib));
        row.put("involuntary_switches_per_gib", median(result, Round::preemptionsPerGib));
        row.put("bytes_sent", median(result, Round::bytes));
        row.put("bytes_into_user_space", median(result, r -> r.tally().intoUser()));
        row.put("bytes_out_of_user_space", median(result, r -> r.tally().outOfUser()));
        row.put("bytes_copied_by_cpu", median(result, r -> r.tally().cpuCopied()));
        row.put("disk_bytes_read_per_byte", median(result, Round::diskReads));
        row.put("zero_copy_sends", median(result, r -> r.tally().zeroCopySends()));
        row.put("zero_copy_sends_copied", median(result, r -> r.tally().zeroCopyCopied()));
        row.put("textbook_crossings_per_chunk", textbook == null ? null : textbook.crossings());
        row.put("textbook_cpu_copies", textbook == null ? null : textbook.cpuCopies());
        row.put("textbook_dma_copies", textbook == null ? null : textbook.dmaCopies());
        return row;
    }

    private static @Nullable Object median(TechniqueResult result, ToDoubleFunction<Round> figure) {
        return result.measured() ? JsonNumber.of(result.median(figure)) : null;
    }
}
