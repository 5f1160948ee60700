package dev.sluice.cli.names.file;

import dev.sluice.cli.text.OneLine;
import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import dev.sluice.proxy.config.EndpointConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the lines of an endpoint file, and collects what is wrong with them. */
final class EndpointLines {
    /** More of them would not help anybody. */
    private static final int MAX_PROBLEMS = 100;

    private static final Pattern WORD = Pattern.compile("[^ \t\r]+");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");
    private static final String WEIGHT = "weight=";
    private static final String MAX_SESSIONS = "max-sessions=";
    private static final String BACKUP = "backup";
    private static final String EXPECTED = "; expected weight=N, backup or max-sessions=N, each once at most";

    private final String file;
    private final List<String> problems = new ArrayList<>();
    private final List<EndpointLine> endpoints = new ArrayList<>();
    private final Map<Object, Integer> lines = new HashMap<>();

    /**
     * @param file its name in messages
     */
    EndpointLines(String file) {
        this.file = file;
    }

    /**
     * Reads all of it.
     *
     * @throws EndpointFileException with all that is wrong
     */
    List<EndpointLine> read(String text) throws EndpointFileException {
        String content = text.startsWith("\ufeff") ? text.substring(1) : text; // what some editors put there
        String[] all = content.split("\n", -1);
        for (int i = 0; i < all.length && problems.size() < MAX_PROBLEMS; i++) {
            line(i + 1, all[i]);
        }
        if (!problems.isEmpty()) {
            throw new EndpointFileException(problems, true);
        }
        return List.copyOf(endpoints);
    }

    private void line(int line, String text) {
        Matcher word = WORD.matcher(text);
        if (!word.find() || word.group().startsWith("#")) {
            return;
        }
        int before = problems.size();
        EndpointAddress address = address(line, word.start(), word.group());
        Integer weight = null;
        Integer maxSessions = null;
        boolean backup = false;
        while (word.find() && !word.group().startsWith("#")) {
            String option = word.group();
            if (option.startsWith(WEIGHT) && weight == null) {
                weight = number(line, word, WEIGHT, EndpointConfig.MAX_WEIGHT);
            } else if (option.startsWith(MAX_SESSIONS) && maxSessions == null) {
                maxSessions = number(line, word, MAX_SESSIONS, EndpointConfig.MAX_SESSIONS);
            } else if (option.equals(BACKUP) && !backup) {
                backup = true;
            } else {
                problem(line, word.start(), quote(option) + " is not expected here" + EXPECTED);
            }
        }
        if (address != null && problems.size() == before) {
            endpoints.add(new EndpointLine(line, address, weight, backup, maxSessions));
        }
    }

    /** Null when it has a problem. */
    private @Nullable EndpointAddress address(int line, int column, String text) {
        EndpointAddress address;
        try {
            address = EndpointAddress.parse(text);
        } catch (IllegalArgumentException e) {
            problem(line, column, String.valueOf(e.getMessage()));
            return null;
        }
        if (address instanceof EndpointAddress.Tcp tcp && tcp.port() == 0) {
            problem(line, column, quote(text) + ": nothing can be reached on port 0; expected a port of 1 to 65535");
            return null;
        }
        if (address instanceof EndpointAddress.Tcp tcp && !address.isName() && !isAddress(tcp)) {
            problem(line, column, quote(text) + " is no IP address of this machine's networks");
            return null;
        }
        Integer earlier = lines.putIfAbsent(address.place(), line);
        if (earlier != null) {
            problem(line, column, quote(text) + " is in line " + earlier + " already; expected each address once");
            return null;
        }
        if (lines.size() > EndpointFile.MAX_ENDPOINTS) {
            problem(line, column, "is one endpoint too many; expected at most " + EndpointFile.MAX_ENDPOINTS);
            return null;
        }
        return address;
    }

    private static boolean isAddress(EndpointAddress.Tcp literal) {
        try {
            var _ = Address.ofLiteral(literal.host(), literal.port());
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** What stands behind a word's '='; 0 when it has a problem. */
    private int number(int line, Matcher word, String name, int most) {
        String text = word.group().substring(name.length());
        if (NUMBER.matcher(text).matches()) {
            int number = Integer.parseInt(text);
            if (number <= most) {
                return number;
            }
        }
        problem(
                line,
                word.start() + name.length(),
                quote(text) + " is not possible; expected a number of 0 to " + most);
        return 0;
    }

    private static String quote(String text) {
        return "'" + text + "'";
    }

    /**
     * @param column from 0
     */
    private void problem(int line, int column, String text) {
        problems.add(file + ":" + line + ":" + (column + 1) + ": " + OneLine.of(OneLine.shortened(text)));
    }
}
