package dev.sluice.cli.options;

/**
 * A password or the like: its text is for whom it was meant, and shows up nowhere by itself.
 *
 * @param reveal the text
 */
public record Secret(String reveal) {
    @Override
    public String toString() {
        return "***";
    }
}
