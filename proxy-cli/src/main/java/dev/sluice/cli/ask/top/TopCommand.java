package dev.sluice.cli.ask.top;

import dev.sluice.cli.ask.AskOptions;
import dev.sluice.cli.ask.EventFeed;
import dev.sluice.cli.ask.client.AdminClient;
import dev.sluice.cli.ask.client.Reply;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.StopSignals;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.KindConverter;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice top}: watches a running proxy. */
@Command(
        name = "top",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Watches a running proxy: sessions, throughput, listeners, endpoints and events, full screen.",
        footer = {
            "",
            "Keys: q quits, Tab and the arrows change the view, s the order of sessions; k closes the session that is",
            "chosen, u d D a set the endpoint that is chosen up, down, to drain or as its checks say; ? shows them all.",
            "Without a terminal, or with one that can only print (TERM=dumb), it prints all once and exits.",
            "NO_COLOR: no colours.",
            "Exit: 0 done, 1 the proxy cannot be asked at the start, 2 wrong usage."
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
public final class TopCommand implements Callable<Integer> {
    /** {@code --interval}. */
    static final class Interval extends KindConverter<Duration> {
        Interval() {
            super(new Kind.OfDuration(Duration.ofMillis(200), Duration.ofMinutes(1)));
        }
    }

    private static final int MOST_WAITING = 64;

    private final Console console;
    private final BlockingQueue<Message> messages = new ArrayBlockingQueue<>(MOST_WAITING);

    @Mixin
    private AskOptions options = new AskOptions();

    @Option(
            names = "--interval",
            paramLabel = "DURATION",
            order = 3,
            converter = Interval.class,
            description = "How often the proxy is asked, 200ms to 1m. Default: 1s.")
    private Duration interval = Duration.ofSeconds(1);

    @Spec
    private CommandSpec spec;

    public TopCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        AdminClient client = options.client(console);
        EventFeed feed = new EventFeed(client);
        Board board = new Board(Sample.take(client, Board.Sort.RATE.parameter(), feed));
        boolean color = console.environment().getOrDefault("NO_COLOR", "").isEmpty();
        String type = console.environment().getOrDefault("TERM", "");
        if (!Screen.isThere(type)) {
            print(board, client, feed);
            return Exit.OK;
        }
        StopSignals signals = new StopSignals();
        signals.install(); // before there is something to give back
        try (Screen screen = Screen.open(type, color, () -> offer(new Message.Resized()))) {
            watch(screen, board, client, feed, signals);
        }
        return Exit.OK;
    }

    /** All once; the second sample is for what goes by the second. */
    private void print(Board board, AdminClient client, EventFeed feed) throws InterruptedException {
        Thread.sleep(interval);
        board.sampled(Sample.take(client, board.sort().parameter(), feed));
        PrintWriter out = spec.commandLine().getOut();
        for (Row line : Frame.page(board, client.address().toString())) {
            out.print(line.text() + "\n");
        }
        out.flush();
    }

    private void watch(Screen screen, Board board, AdminClient client, EventFeed feed, StopSignals signals) {
        Sampler sampler = new Sampler(client, feed, interval, () -> board.sort().parameter(), this::put);
        start("sluice-top-signals", () -> {
            signals.await();
            put(new Message.Left());
        });
        start("sluice-top-keys", () -> read(screen));
        start("sluice-top-sampler", sampler::run);
        try {
            boolean on = true;
            while (on) {
                on = !messages.isEmpty()
                        || screen.draw(
                                Frame.screen(board, client.address().toString(), screen.rows(), screen.columns()));
                on = on && handle(messages.take(), screen, board, client, sampler);
            }
        } catch (InterruptedException e) {
            return; // a second signal
        }
    }

    /** Whether to go on. */
    private boolean handle(Message message, Screen screen, Board board, AdminClient client, Sampler sampler) {
        switch (message) {
            case Message.Sampled(Sample sample) -> board.sampled(sample);
            case Message.Failed(String why) -> board.failed(why);
            case Message.Answered(String words) -> {
                board.answered(words);
                sampler.nudge();
            }
            case Message.Resized() -> screen.resize();
            case Message.Left() -> {
                return false;
            }
            case Message.Broken(Throwable error) ->
                throw new IllegalStateException("a thread of the screen broke", error);
            case Message.Pressed(Key key) -> {
                if (key.equals(Key.CONTROL_L)) {
                    screen.resize();
                }
                switch (board.press(key)) {
                    case Board.Wish.None() -> {}
                    case Board.Wish.Quit() -> {
                        return false;
                    }
                    case Board.Wish.Refresh() -> sampler.nudge();
                    case Board.Wish.Give(Board.Order order) -> give(order, client);
                }
            }
        }
        return true;
    }

    private void give(Board.Order order, AdminClient client) {
        start("sluice-top-order", () -> {
            String words;
            try {
                Reply reply = client.post(order.path());
                words = order.words() + ": " + (reply.isDone() ? "done" : reply.words());
            } catch (CommandFailure e) {
                words = String.valueOf(e.getMessage());
            }
            put(new Message.Answered(words));
        });
    }

    private void read(Screen screen) throws InterruptedException {
        try {
            for (int c = screen.read(0); c >= 0; c = screen.read(0)) {
                put(new Message.Pressed(Key.of(c, screen::read)));
            }
        } catch (IOException | IllegalStateException e) {
            // The terminal has gone, or was given back.
        }
        put(new Message.Left());
    }

    /** A reader of the terminal that is slow holds up what there is to show, not memory. */
    private void put(Message message) throws InterruptedException {
        messages.put(message);
    }

    /** For who must not wait; a full queue has something to draw in any case. */
    private void offer(Message message) {
        var _ = messages.offer(message);
    }

    /** Something that may be interrupted. */
    @FunctionalInterface
    private interface Work {
        void run() throws InterruptedException;
    }

    private void start(String name, Work work) {
        Thread.ofPlatform().name(name).daemon().start(() -> {
            try {
                work.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException | Error e) {
                offer(new Message.Broken(e));
            }
        });
    }
}
