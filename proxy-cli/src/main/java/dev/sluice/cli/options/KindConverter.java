package dev.sluice.cli.options;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a value as picocli wants it read: what is wrong is an exception of picocli's, and goes behind the option's name. */
public class KindConverter<T> implements ITypeConverter<T> {
    private final Kind<T> kind;

    public KindConverter(Kind<T> kind) {
        this.kind = kind;
    }

    @Override
    public T convert(String text) {
        try {
            return kind.read(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
