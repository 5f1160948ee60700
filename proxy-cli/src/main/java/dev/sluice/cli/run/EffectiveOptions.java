package dev.sluice.cli.run;

import dev.sluice.cli.file.ConfigFile;
import dev.sluice.cli.options.Given;
import dev.sluice.cli.options.ServiceConfig;
import dev.sluice.cli.yaml.Node;
import dev.sluice.cli.yaml.Position;
import dev.sluice.cli.yaml.Substitution;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.UpstreamConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What options and variables amount to, as the file that does the same would: but for the names, which none could have in a file. */
final class EffectiveOptions {
    private static final String LISTENERS = "listeners";
    private static final String UPSTREAMS = "upstreams";
    private static final String UPSTREAM = "upstream";
    private static final String NAME = "name";

    private EffectiveOptions() {}

    /**
     * As maps, lists, texts, numbers and booleans.
     *
     * @param config made of options: an upstream for each listener
     * @param given the settings among these
     */
    static Object plain(ServiceConfig config, Given given) {
        List<ListenerConfig> listeners = config.proxy().listeners();
        List<UpstreamConfig> upstreams = config.proxy().upstreams();
        List<Node> from = new ArrayList<>();
        List<Node> to = new ArrayList<>();
        for (int i = 0; i < listeners.size(); i++) {
            Node standIn = text("u" + i);
            from.add(map(Map.of("bind", text(listeners.get(i).bind()), UPSTREAM, standIn)));
            List<Node> endpoints = upstreams.get(i).endpointSources().stream()
                    .<Node>map(EffectiveOptions::text)
                    .toList();
            to.add(map(Map.of(NAME, standIn, "endpoints", list(endpoints))));
        }
        Node root = map(Map.of(LISTENERS, list(from), UPSTREAMS, list(to)));
        Object plain = ConfigFile.of("options", root, given).plain();
        for (int i = 0; i < listeners.size(); i++) {
            Map<String, Object> listener = item(plain, LISTENERS, i);
            listener.put(NAME, listeners.get(i).name());
            listener.put(UPSTREAM, listeners.get(i).upstream());
            item(plain, UPSTREAMS, i).put(NAME, upstreams.get(i).name());
        }
        return plain;
    }

    @SuppressWarnings("unchecked") // it is a map of lists of maps
    private static Map<String, Object> item(Object plain, String list, int index) {
        return ((Map<String, List<Map<String, Object>>>) plain)
                .getOrDefault(list, List.of())
                .get(index);
    }

    private static Node map(Map<String, Node> fields) {
        return new Node.Mapping(
                Position.FILE,
                fields.entrySet().stream()
                        .map(field -> new Node.Entry(text(field.getKey()), Objects.requireNonNull(field.getValue())))
                        .toList());
    }

    private static Node list(List<Node> items) {
        return new Node.Sequence(Position.FILE, items);
    }

    private static Node.Scalar text(Object value) {
        return new Node.Scalar(Position.FILE, Substitution.escaped(value.toString()), Node.Type.TEXT);
    }
}
