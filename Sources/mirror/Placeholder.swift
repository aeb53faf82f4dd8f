@main struct MirrorCommand { static func main() {} }
