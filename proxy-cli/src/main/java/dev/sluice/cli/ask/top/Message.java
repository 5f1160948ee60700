package dev.sluice.cli.ask.top;

/** What the command's thread waits for. */
sealed interface Message {
    /** The proxy has told how it is. */
    record Sampled(Sample sample) implements Message {}

    /** It could not be asked. */
    record Failed(String why) implements Message {}

    /** A key was pressed. */
    record Pressed(Key key) implements Message {}

    /** What came of an order. */
    record Answered(String words) implements Message {}

    /** The screen has another size, or must be drawn anew for another reason. */
    record Resized() implements Message {}

    /** A thread has met something that it has no answer to. */
    record Broken(Throwable error) implements Message {}

    /** A signal to stop, or the terminal has gone. */
    record Left() implements Message {}
}
