package dev.sluice.cli.options;

import dev.sluice.cli.text.Units;

/** Kinds of values that are relative: to a second, or to a whole. */
public final class Rates {
    private static final String PER_SECOND = "/s";

    private Rates() {}

    /**
     * So many a second, {@code 500/s}, or so many bytes, {@code 10MiB/s}.
     *
     * @param bytes whether it is of bytes, with or without a unit
     */
    public record OfRate(long min, long max, boolean bytes) implements Kind<Long> {
        @Override
        public Long read(String text) {
            long value = text.endsWith(PER_SECOND) ? amount(text.substring(0, text.length() - 2)) : -1;
            if (value < 0) {
                throw new IllegalArgumentException("'" + text + "' is not a rate (such as "
                        + (bytes ? "10MiB/s; units: B KiB MiB GiB)" : "500/s)"));
            }
            if (value < min || value > max) {
                throw new IllegalArgumentException("'" + text + "' is out of range: " + range());
            }
            return value;
        }

        private long amount(String text) {
            try {
                return bytes ? Units.parseSize(text) : Long.parseLong(text);
            } catch (IllegalArgumentException e) {
                return -1;
            }
        }

        @Override
        public String write(Long value) {
            return (bytes ? Units.formatSize(value).replace(" ", "") : value.toString()) + PER_SECOND;
        }

        @Override
        public String range() {
            return write(min) + " to " + write(max);
        }

        @Override
        public String expected() {
            return "a rate: " + range();
        }

        @Override
        public String label() {
            return "RATE";
        }

        @Override
        public Class<Long> type() {
            return Long.class;
        }
    }

    /** So many of a hundred: {@code 50%}. */
    public record OfPercent(int min, int max) implements Kind<Integer> {
        @Override
        public Integer read(String text) {
            if (!text.matches("[0-9]{1,3}%")) {
                throw new IllegalArgumentException("'" + text + "' is not a percentage (such as 50%)");
            }
            int value = Integer.parseInt(text.substring(0, text.length() - 1));
            if (value < min || value > max) {
                throw new IllegalArgumentException("'" + text + "' is out of range: " + range());
            }
            return value;
        }

        @Override
        public String write(Integer value) {
            return value + "%";
        }

        @Override
        public String range() {
            return write(min) + " to " + write(max);
        }

        @Override
        public String expected() {
            return "a percentage: " + range();
        }

        @Override
        public String label() {
            return "PERCENT";
        }

        @Override
        public Class<Integer> type() {
            return Integer.class;
        }
    }
}
