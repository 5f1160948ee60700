package dev.sluice.proxy.config;

import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/** Where endpoints of an upstream come from, as a person wrote it: an address, or a list of them that is kept elsewhere. */
public sealed interface EndpointSource permits EndpointAddress, EndpointSource.Service, EndpointSource.ListFile {
    /** Whether what it stands for may change while the proxy runs. */
    boolean mayChange();

    /** Equal for two that are the same, however they are written: {@code DB1:5432} is {@code db1:5432}, {@code [0::1]:1} is {@code [::1]:1}. */
    default Object place() {
        return this;
    }

    /**
     * A service, whose servers SRV records name (RFC 2782).
     *
     * @param name such as {@code _postgresql._tcp.db.example}; a dot at its end says that it is whole
     */
    record Service(String name) implements EndpointSource {
        /** Of a name as text, without the dot at its end: 255 bytes on the wire (RFC 1035, 2.3.4). */
        private static final int MAX_LENGTH = 253;

        private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63})*\\.?");

        public Service {
            int length = name.endsWith(".") ? name.length() - 1 : name.length();
            if (!NAME.matcher(name).matches() || length > MAX_LENGTH) {
                throw new IllegalArgumentException("'" + Checks.escape(name) + "' is not the name of a service"
                        + " (such as _postgresql._tcp.db.example; ports are in its SRV records)");
            }
        }

        @Override
        public boolean mayChange() {
            return true;
        }

        @Override
        public Object place() {
            return new Service(name.toLowerCase(Locale.ROOT));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * A file with an endpoint on each line.
     *
     * @param path absolute
     */
    record ListFile(Path path) implements EndpointSource {
        public ListFile {
            if (!path.isAbsolute()) {
                throw new IllegalArgumentException("'" + Checks.escape(path.toString()) + "' is not an absolute path");
            }
        }

        @Override
        public boolean mayChange() {
            return true;
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }
}
