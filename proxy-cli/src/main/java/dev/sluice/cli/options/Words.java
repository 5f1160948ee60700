package dev.sluice.cli.options;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Kinds of values that are words rather than quantities. */
public final class Words {
    private Words() {}

    /** A kind whose value is the text itself. */
    public sealed interface Word extends Kind<String> permits Kind.OfSocketPath, OfAdmin, OfIp, OfName, OfText {
        @Override
        default String write(String value) {
            return value;
        }

        @Override
        default Class<String> type() {
            return String.class;
        }

        @Override
        default boolean isText() {
            return true;
        }
    }

    /** Where to listen ({@code listening}, on port 0 too) or to connect. */
    public record OfAddress(boolean listening) implements Kind<EndpointAddress> {
        @Override
        public EndpointAddress read(String text) {
            if (listening) {
                return EndpointAddress.parseListening(text);
            }
            EndpointAddress address = EndpointAddress.parse(text);
            if (address instanceof EndpointAddress.Tcp tcp && tcp.port() == 0) {
                throw new IllegalArgumentException("'" + text + "': nothing can be reached on port 0");
            }
            return address;
        }

        @Override
        public String write(EndpointAddress value) {
            return value.toString();
        }

        @Override
        public String range() {
            return listening ? "host:port, [ipv6]:port, unix:/path or fd:NAME" : "host:port, [ipv6]:port or unix:/path";
        }

        @Override
        public String expected() {
            return "an address: " + range();
        }

        @Override
        public String label() {
            return "ADDRESS";
        }

        @Override
        public Class<EndpointAddress> type() {
            return EndpointAddress.class;
        }

        @Override
        public boolean isText() {
            return true;
        }
    }

    /** Yes or no. */
    public record OfBoolean() implements Kind<Boolean> {
        @Override
        public Boolean read(String text) {
            return switch (text) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException("'" + text + "' is not one of " + range());
            };
        }

        @Override
        public String write(Boolean value) {
            return value.toString();
        }

        @Override
        public String range() {
            return "true, false";
        }

        @Override
        public String expected() {
            return "true or false";
        }

        @Override
        public String label() {
            return "true|false";
        }

        @Override
        public Class<Boolean> type() {
            return Boolean.class;
        }
    }

    /** A name that logs and other keys call something by. */
    public record OfName() implements Word {
        public static final String PATTERN = "[A-Za-z0-9][A-Za-z0-9_.-]{0,62}";

        @Override
        public String read(String text) {
            if (!text.matches(PATTERN)) {
                throw new IllegalArgumentException("'" + text + "' is not a name: " + range());
            }
            return text;
        }

        @Override
        public String range() {
            return "1 to 63 letters, digits, '_', '.' or '-', a letter or a digit first";
        }

        @Override
        public String expected() {
            return "a name: " + range();
        }

        @Override
        public String label() {
            return "NAME";
        }
    }

    /** A file, by its absolute path. */
    public record OfPath() implements Kind<Path> {
        @Override
        public Path read(String text) {
            if (!text.startsWith("/")) {
                throw new IllegalArgumentException("'" + text + "' is not " + expected());
            }
            try {
                return Path.of(text);
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException("'" + text + "' is no name of a file: " + e.getReason(), e);
            }
        }

        @Override
        public String write(Path value) {
            return value.toString();
        }

        @Override
        public String range() {
            return "/path";
        }

        @Override
        public String expected() {
            return "an absolute path, such as /etc/sluice/name";
        }

        @Override
        public String label() {
            return "PATH";
        }

        @Override
        public Class<Path> type() {
            return Path.class;
        }

        @Override
        public boolean isText() {
            return true;
        }
    }

    /** What nobody may see: it is written as {@code ***}, and no message has it. */
    public record OfSecret() implements Kind<Secret> {
        @Override
        public Secret read(String text) {
            if (text.isEmpty()) {
                throw new IllegalArgumentException("is empty; expected " + expected());
            }
            return new Secret(text);
        }

        @Override
        public String write(Secret value) {
            return value.toString();
        }

        @Override
        public String range() {
            return "any text";
        }

        @Override
        public String expected() {
            return "a secret, such as ${file:/run/secrets/password}";
        }

        @Override
        public String label() {
            return "SECRET";
        }

        @Override
        public Class<Secret> type() {
            return Secret.class;
        }

        @Override
        public boolean isText() {
            return true;
        }
    }

    /** Any text that is not empty, of so many bytes at most. */
    public record OfText(int most) implements Word {
        @Override
        public String read(String text) {
            int length = text.getBytes(StandardCharsets.UTF_8).length;
            if (length == 0 || length > most) {
                throw new IllegalArgumentException("'" + text + "' has " + length + " bytes; expected " + range());
            }
            return text;
        }

        @Override
        public String range() {
            return "1 to " + most + " bytes";
        }

        @Override
        public String expected() {
            return "a text of " + range();
        }

        @Override
        public String label() {
            return "TEXT";
        }
    }

    /** Where the admin interface is; or nothing, which is nowhere. */
    public record OfAdmin() implements Word {
        @Override
        public String read(String text) {
            if (!text.isEmpty()) {
                AdminConfig.parse(text);
            }
            return text;
        }

        @Override
        public String range() {
            return "IP:port or unix:/path";
        }

        @Override
        public String expected() {
            return "an address: " + range();
        }

        @Override
        public String label() {
            return "ADDRESS";
        }
    }

    /** An address of IPv4 or IPv6, without a port. */
    public record OfIp() implements Word {
        @Override
        public String read(String text) {
            Address address;
            try {
                address = Address.ofLiteral(text, 0);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("'" + text + "' is not " + expected(), e);
            }
            if (isNoHost(address)) { // the kernel takes it, and goes by an address of its own choice
                throw new IllegalArgumentException(
                        "'" + text + "' is the address of no host; expected one of this machine's, such as 10.0.0.5");
            }
            return text;
        }

        @Override
        public String range() {
            return "IPv4 or IPv6, without a port";
        }

        @Override
        public String expected() {
            return "an IP address, such as 10.0.0.5 or 2001:db8::5";
        }

        /** Whether it stands for any address, for many or for all. */
        private static boolean isNoHost(Address address) {
            return switch (address) {
                case Address.V4 four -> four.address() == 0 || four.address() >>> 28 == 0xe || four.address() == -1;
                case Address.V6 six -> (six.high() == 0 && six.low() == 0) || six.high() >>> 56 == 0xff;
                case Address.Unix _ -> true;
            };
        }

        @Override
        public String label() {
            return "IP";
        }
    }
}
