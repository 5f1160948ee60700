package dev.sluice.cli.run;

import dev.sluice.proxy.config.EndpointAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The listeners and what each is to forward to, as they were typed: each --listen is followed by its --to. */
final class Forwards {
    /** One listener, and its endpoints in the order given. */
    record Forward(EndpointAddress listen, List<EndpointAddress> to) {}

    static final String LISTEN = "--listen";
    static final String TO = "--to";
    static final String LISTEN_VARIABLE = "SLUICE_LISTEN";
    static final String TO_VARIABLE = "SLUICE_TO";
    static final Set<String> VARIABLES = Set.of(LISTEN_VARIABLE, TO_VARIABLE);
    static final String EXAMPLE = "; such as --listen 127.0.0.1:6432 --to db1:5432,db2:5432";

    private final List<Forward> forwards = new ArrayList<>();
    private @Nullable String listen;

    private Forwards() {}

    /**
     * Reads the options in the order of the command line.
     *
     * @throws IllegalArgumentException with one line that names the offender
     */
    static List<Forward> ofOptions(ParseResult parsed) {
        Forwards reading = new Forwards();
        int listens = 0;
        int tos = 0;
        for (OptionSpec option : parsed.matchedOptions()) {
            if (option.longestName().equals(LISTEN)) {
                reading.listen(option.stringValues().get(listens++));
            } else if (option.longestName().equals(TO)) {
                reading.to(option.stringValues().get(tos++));
            }
        }
        reading.end();
        return reading.forwards;
    }

    /**
     * Reads the variables: as many listeners as there are lists of endpoints, separated by blanks or semicolons.
     *
     * @throws IllegalArgumentException with one line that names the offender
     */
    static List<Forward> ofVariables(String listens, String tos) {
        List<String> left = words(listens);
        List<String> right = words(tos);
        if (left.size() != right.size()) {
            throw new IllegalArgumentException(LISTEN_VARIABLE + " has " + left.size() + " and " + TO_VARIABLE + " has "
                    + right.size() + " entries: each listener needs its own (separated by blanks or ';')");
        }
        List<Forward> forwards = new ArrayList<>();
        for (int i = 0; i < left.size(); i++) {
            forwards.add(new Forward(listening(LISTEN_VARIABLE, left.get(i)), endpoints(TO_VARIABLE, right.get(i))));
        }
        return forwards;
    }

    private void listen(String text) {
        if (listen != null) {
            throw withoutTo(listen);
        }
        listen = text;
    }

    private void to(String text) {
        if (listen == null) {
            throw new IllegalArgumentException(
                    forwards.isEmpty()
                            ? "--to " + text + " comes before any --listen" + EXAMPLE
                            : "--to " + text + " is a second one for --listen "
                                    + forwards.getLast().listen()
                                    + "; several endpoints go into one, separated by commas");
        }
        forwards.add(new Forward(listening(LISTEN, listen), endpoints(TO, text)));
        listen = null;
    }

    private void end() {
        if (listen != null) {
            throw withoutTo(listen);
        }
    }

    private static IllegalArgumentException withoutTo(String listen) {
        return new IllegalArgumentException("--listen " + listen + " has no --to behind it" + EXAMPLE);
    }

    private static List<EndpointAddress> endpoints(String name, String text) {
        List<EndpointAddress> endpoints = new ArrayList<>();
        Set<Object> places = new HashSet<>();
        for (String part : text.split(",", -1)) {
            EndpointAddress endpoint = address(name, part.strip());
            if (endpoint instanceof EndpointAddress.Tcp tcp && tcp.port() == 0) {
                throw new IllegalArgumentException(name + " '" + part.strip() + "': nothing can be reached on port 0");
            }
            if (!places.add(endpoint.place())) {
                throw new IllegalArgumentException(name + " has '" + part.strip() + "' already; expected each once");
            }
            endpoints.add(endpoint);
        }
        return endpoints;
    }

    private static EndpointAddress listening(String name, String text) {
        return address(name, text, EndpointAddress::parseListening);
    }

    private static EndpointAddress address(String name, String text) {
        return address(name, text, EndpointAddress::parse);
    }

    private static EndpointAddress address(String name, String text, Function<String, EndpointAddress> parse) {
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + " " + e.getMessage());
        }
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        for (String word : text.split("[;\\s]+", -1)) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return words;
    }
}
