package dev.sluice.cli.ask.top;

import dev.sluice.cli.common.Signals;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.terminal.spi.SystemStream;
import org.jline.terminal.spi.TerminalProvider;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp;
import org.jline.utils.InfoCmp.Capability;

/**
 * The terminal as a screen: its other buffer where it has one, without a cursor, and keys as they are pressed. Closing gives the terminal
 * back as it was.
 */
final class Screen implements AutoCloseable {
    private static final String PROVIDER = "ffm";
    private static final String DUMB = "dumb";
    private static final int USUAL_ROWS = 24;
    private static final int USUAL_COLUMNS = 80;
    /** What a terminal that says it is larger gets no more of. */
    private static final int MOST = 1000;

    private static final AttributedString LINE_END = new AttributedString("\n");

    private static final int NOTHING = -2;
    private static final long STEP_MILLIS = 5;

    private final FileInputStream keys = new FileInputStream(FileDescriptor.in);
    private final Terminal terminal;
    private final Display display;
    private final boolean color;
    private int rows;
    private int columns;

    private Screen(Terminal terminal, boolean color, Runnable onResize) {
        this.terminal = terminal;
        this.color = color;
        this.display = new Display(terminal, true);
        // Not by the library: it has handlers in Java called in the middle of whatever a thread does
        // (signal-safety(7)).
        Signals.handle("WINCH", onResize);
        Signals.handle("CONT", onResize);
        var _ = terminal.enterRawMode();
        Attributes raw = terminal.getAttributes();
        // A read waits for a key, and its end is that of the terminal.
        raw.setControlChar(Attributes.ControlChar.VMIN, 1);
        raw.setControlChar(Attributes.ControlChar.VTIME, 0);
        // Ctrl-C is a signal; what would stop the process or show its threads would leave the screen in disorder.
        raw.setLocalFlag(Attributes.LocalFlag.ISIG, true);
        raw.setControlChar(Attributes.ControlChar.VSUSP, 0);
        raw.setControlChar(Attributes.ControlChar.VQUIT, 0);
        terminal.setAttributes(raw);
        terminal.puts(Capability.enter_ca_mode);
        terminal.puts(Capability.keypad_xmit);
        terminal.puts(Capability.cursor_invisible);
        resize();
    }

    /**
     * Whether there is a terminal that could be a screen.
     *
     * @param type of the terminal (TERM); empty: not known
     */
    static boolean isThere(String type) throws IOException {
        return !type.isEmpty() && !type.equals(DUMB) && isTerminal();
    }

    /**
     * Takes the terminal, if there is one.
     *
     * @param color whether colours may be used
     * @param onResize is called, on another thread, when all must be drawn anew
     */
    static Screen open(String type, boolean color, Runnable onResize) throws IOException {
        // What infocmp(1) does not know, or is not there to tell of: most are of that kind.
        InfoCmp.setDefaultInfoCmp(type, () -> InfoCmp.getDefaultInfoCmp(type.startsWith("vt") ? "ansi" : "xterm"));
        Terminal terminal = TerminalBuilder.builder()
                .system(true)
                .provider(PROVIDER)
                .dumb(false)
                .nativeSignals(false)
                .type(type)
                .graphemeCluster(false) // else it asks the terminal, whose answer is read as keys when it comes late
                .build();
        return new Screen(terminal, color, onResize);
    }

    private static boolean isTerminal() throws IOException {
        TerminalProvider provider = TerminalProvider.load(PROVIDER);
        return provider.isSystemStream(SystemStream.Input) && provider.isSystemStream(SystemStream.Output);
    }

    /** Looks how large it is, and forgets what it shows. One that has gone stays as it was. */
    void resize() {
        Size size;
        try {
            size = terminal.getSize();
        } catch (IOError e) {
            return;
        }
        rows = size.getRows() <= 0 ? USUAL_ROWS : Math.min(size.getRows(), MOST);
        columns = size.getColumns() <= 0 ? USUAL_COLUMNS : Math.min(size.getColumns(), MOST);
        display.resize(Size.of(columns, rows));
        display.clear();
    }

    int rows() {
        return rows;
    }

    int columns() {
        return columns;
    }

    /** Shows these rows; whether it could. */
    boolean draw(List<Row> lines) {
        List<AttributedString> text = new ArrayList<>();
        for (Row line : lines) {
            // The last column stays free: terminals do not agree on what happens behind it.
            AttributedString cut =
                    new AttributedString(line.text(), style(line.look())).columnSubSequence(0, columns - 1);
            // A line that does not end would be one with the next.
            text.add(
                    text.size() + 1 == lines.size()
                            ? cut
                            : AttributedString.join(AttributedString.EMPTY, cut, LINE_END));
        }
        try {
            display.update(text, 0);
            return true;
        } catch (IOError e) {
            return false; // the terminal has gone
        }
    }

    private AttributedStyle style(Row.Look look) {
        AttributedStyle plain = AttributedStyle.DEFAULT;
        return switch (look) {
            case PLAIN -> plain;
            case HEAD -> plain.bold();
            case CHOSEN -> plain.inverse();
            case GOOD -> color ? plain.foreground(AttributedStyle.GREEN) : plain;
            case WARNING -> color ? plain.foreground(AttributedStyle.YELLOW) : plain.bold();
            case BAD -> color ? plain.foreground(AttributedStyle.RED).bold() : plain.bold();
        };
    }

    /**
     * The next byte of a key, as {@link Key.Source} has it; −1: the terminal has gone. Not by the library, which asks the terminal ten
     * times a second.
     */
    int read(long timeoutMillis) throws IOException {
        for (long waited = 0; timeoutMillis > 0 && keys.available() == 0; waited += STEP_MILLIS) {
            if (waited >= timeoutMillis) {
                return NOTHING;
            }
            try {
                Thread.sleep(STEP_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return NOTHING;
            }
        }
        return keys.read();
    }

    /** Gives the terminal back. One that has gone needs nothing back. */
    @Override
    public void close() {
        try {
            if (!terminal.puts(Capability.exit_ca_mode)) {
                terminal.puts(Capability.clear_screen);
            }
            terminal.puts(Capability.keypad_local);
            terminal.puts(Capability.cursor_normal);
            terminal.flush();
            terminal.close();
        } catch (IOException | IOError e) {
            return;
        }
    }
}
