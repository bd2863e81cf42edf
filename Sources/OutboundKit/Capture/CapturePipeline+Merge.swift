/// Several captures as one: in the order of their time, and packet by packet where they overlap.
extension CapturePipeline {
    /// Reads captures to their end; flows go on from one to the next.
    ///
    /// They are taken in the order of their first packets' time, whatever the order of `paths`. A capture that begins
    /// before the one before it has ended is read along with it. Standard input and other pipes keep their place, and
    /// what stands before them is read to its end first.
    ///
    /// - Parameters:
    ///   - paths: pcap or pcapng files; `-` is standard input.
    ///   - progress: is told, once a read, how many octets of a file were read.
    ///   - watch: decides how long they are read; nil reads each to its end.
    ///   - failed: told of each that could not be read, or not to its end (`CaptureError.isPartial`).
    public mutating func read(
        paths: [String], progress: (_ octets: Int) -> Void = { _ in }, watch: (any CaptureWatch)? = nil,
        failed: (CaptureError) -> Void
    ) {
        self.watch = watch
        if paths.count > 1 {
            readInOrder(paths, progress, failed)
        } else {
            for path in paths { readAlone(path, progress, failed) }
        }
        // Who wants to hear what was read so far does not want it read once more.
        if lateSecrets != nil || lateLosses != nil, watch?.isEnough() == true { isCutShort = true }
        if isCutShort { renounceSecondReading() }
    }

    private mutating func readInOrder(
        _ paths: [String], _ progress: (Int) -> Void, _ failed: (CaptureError) -> Void
    ) {
        let limits = limits
        let entries = paths.map { path in
            CaptureOrder.Entry(path: path, time: CaptureOrder.firstTime(of: path, limits: limits))
        }
        for entry in entries {
            beginnings[entry.path] = entry.time.map { Timestamp(nanoseconds: $0) }
        }
        var waiting: [CaptureOrder.Entry] = []
        for entry in CaptureOrder.arrange(entries) {
            guard entry.time == nil else {
                waiting.append(entry)
                continue
            }
            merge(waiting, progress, failed)
            waiting = []
            if isCutShort {
                leave(unopened: entry.path)
            } else if let watch, PipedCapture.isPipe(entry.path) {
                readPipe(entry.path, watch, progress, failed)
            } else {
                readAlone(entry.path, progress, failed)
            }
        }
        merge(waiting, progress, failed)
    }

    private mutating func readAlone(
        _ path: String, _ progress: (Int) -> Void, _ failed: (CaptureError) -> Void
    ) {
        do throws(CaptureError) { try read(path: path, progress: progress) } catch { failed(error) }
    }

    private mutating func readPipe(
        _ path: String, _ watch: any CaptureWatch, _ progress: (Int) -> Void, _ failed: (CaptureError) -> Void
    ) {
        watch.waitForPipe()
        let pipe: PipedCapture
        do throws(CaptureError) {
            pipe = try PipedCapture(path: path, limits: limits)
        } catch {
            lackPackets()
            failed(error)
            return
        }
        watch.beginPipe()
        var isEnough = false
        do throws(CaptureError) {
            try follow(pipe) { pulse in
                progress(pulse.octets)
                isEnough = watch.take(pulse)
                return isEnough
            }
        } catch {
            failed(error)
        }
        if isEnough, !pipe.hasEnded {
            isCutShort = true
        } else {
            watch.endPipe()
        }
    }

    /// - Parameter entries: all with their times, in order.
    private mutating func merge(
        _ entries: [CaptureOrder.Entry], _ progress: (Int) -> Void, _ failed: (CaptureError) -> Void
    ) {
        var waiting = entries[...]
        var open = CapturesInTurn()
        var latecomer = -1
        var batch = PacketBatch()
        var upcoming = UpcomingCaptures(limits: limits)
        while !isCutShort {
            openDue(&open, &waiting, &latecomer, &upcoming, failed)
            guard !open.captures.isEmpty else { break }
            upcoming.prepare(waiting, besides: open.captures)
            let beginning = waiting.startIndex == latecomer ? .max : waiting.first?.time ?? .max
            guard let turn = takeReady(&open, before: beginning, &batch), !open.fetch(turn.place) else { continue }
            let capture = open.captures[turn.place]
            do throws(CaptureError) {
                if try run(capture, until: turn.until, &batch, progress) {
                    open.remove(at: turn.place)
                } else {
                    open.noteReading(of: turn.place)
                }
            } catch {
                failed(error)
                open.remove(at: turn.place)
            }
        }
        open.takeBack()
        for capture in open.captures { leave(capture) }
        for entry in waiting { leave(unopened: entry.path) }
    }

    /// Takes packets in their turn, as long as those of each capture lie ready.
    /// - Parameter beginning: when another capture begins.
    /// - Returns: the turn of a capture of which none lies ready; nil when that other one is to be opened first.
    private mutating func takeReady(
        _ open: inout CapturesInTurn, before beginning: Int64, _ batch: inout PacketBatch
    ) -> CapturesInTurn.Turn? {
        let end = open.use { lanes, window in
            // Before the window changes.
            defer { runBatch(&batch, window) }
            while let turn = lanes.turn(before: beginning) {
                let place = turn.place
                let count = lanes.ready[place].records.count
                var next = lanes.ready[place].taken
                frame = lanes.ready[place].frame
                while next < count, lanes.ready[place].records[next].time <= turn.until {
                    accept(lanes.ready[place].records[next], window, &batch)
                    next &+= 1
                }
                guard lanes.take(upTo: next, at: place) else { return turn }
            }
            return nil
        }
        if statistics.packets > 0 { statistics.lastTime = Timestamp(nanoseconds: now) }
        return end
    }

    /// Opens the captures whose time has come.
    private mutating func openDue(
        _ open: inout CapturesInTurn, _ waiting: inout ArraySlice<CaptureOrder.Entry>, _ latecomer: inout Int,
        _ upcoming: inout UpcomingCaptures, _ failed: (CaptureError) -> Void
    ) {
        while let entry = waiting.first, let time = entry.time, open.isFirst(time) {
            guard open.captures.count < limits.openCaptures else {
                if latecomer != waiting.startIndex { unjudged.latecomers += 1 }
                latecomer = waiting.startIndex
                return
            }
            waiting.removeFirst()
            do throws(CaptureError) {
                let capture = try upcoming.open(entry, time, besides: open.captures)
                expectLoss(in: capture)
                open.append(capture)
            } catch {
                failed(error)
            }
        }
    }

    /// Reads on to the first packet after `until`, or until it is enough (`isCutShort`).
    /// - Returns: whether the capture has ended.
    mutating func run(
        _ capture: OpenCapture, until: Int64, _ batch: inout PacketBatch, _ progress: (Int) -> Void
    ) throws(CaptureError) -> Bool {
        swap(&reader, &capture.reader)
        swap(&frame, &capture.frame)
        defer {
            swap(&reader, &capture.reader)
            swap(&frame, &capture.frame)
        }
        do throws(CaptureError) {
            while true {
                var hasStopped = false
                try capture.use { (window) throws(CaptureError) in
                    try feed(window, of: capture, until: until, &hasStopped, &batch)
                }
                if hasStopped { return false }
                if watch?.isEnough() == true {
                    isCutShort = true
                    return false
                }
                guard try capture.refill(progress) else { break }
            }
        } catch {
            throw gaveUp(capture, error)
        }
        noteLoss(in: capture)
        do throws(CaptureError) {
            try endOfCapture(unread: capture.unread, total: capture.position + capture.unread)
        } catch {
            throw CaptureError(error.code, path: capture.path, offset: capture.position, packets: Int(frame))
        }
        return true
    }

    /// The rest of a capture is not read: counts it. What comes behind it is the end, so that nobody can lack it.
    mutating func leave(_ capture: OpenCapture) {
        swap(&reader, &capture.reader)
        defer { swap(&reader, &capture.reader) }
        countBlocks()
        noteLoss(in: capture)
        unjudged.leftOctets += capture.octetsLeft
        packetsRead[capture.path] = capture.frame
    }

    private mutating func leave(unopened path: String) {
        unjudged.unreached += 1
        packetsRead[path] = 0
    }

    /// The rest of a capture cannot be read: counts it.
    /// - Returns: the error, with the place of it in the capture.
    mutating func gaveUp(_ capture: OpenCapture, _ error: CaptureError) -> CaptureError {
        countBlocks()
        noteLoss(in: capture)
        lackPackets()
        unjudged.unreadOctets += max(0, capture.unread - error.offset)
        return CaptureError(
            error.code, path: capture.path, offset: capture.position + error.offset, packets: Int(frame))
    }
}
