package dev.sluice.cli.file;

/** A key in words. */
final class KeyText {
    private KeyText() {}

    /** What it does, what is allowed, and its default: as an option is described. */
    static String describe(Key<?> key) {
        String range = range(key.shape());
        String standard = key.presence() instanceof Key.Presence.Required<?>
                ? "required"
                : key.standardText() == null ? "" : "default: " + key.standardText();
        String both = range + (range.isEmpty() || standard.isEmpty() ? "" : "; ") + standard;
        return key.help() + (both.isEmpty() ? "" : " (" + both + ")");
    }

    static String range(Shape<?> shape) {
        return switch (shape) {
            case Shape.One<?> one -> one.kind().range();
            case Shape.Definition definition -> definition.kind().range();
            case Shape.Meaning<?, ?> meaning -> meaning.expected();
            case Shape.Either<?> either -> either.expected();
            case Shape.Reference reference -> reference.expected();
            case Shape.Map<?> map ->
                map.only() == null ? "" : map.only().shape().expected() + ", or a map";
            case Shape.Many<?> many -> (many.loose() ? "one, or a list: " : "a list: ") + range(many.item());
        };
    }
}
