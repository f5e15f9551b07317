( function () {
	var KEY = 'booking_recovery', WEEK = 6048e5, memory, finished;

	function load() {
		try {
			return JSON.parse( localStorage.getItem( KEY ) ) || memory;
		} catch ( e ) {
			return memory;
		}
	}

	function save( s ) {
		memory = s;
		try {
			localStorage.setItem( KEY, JSON.stringify( s ) );
		} catch ( e ) {}
	}

	function mint() {
		return Array.from( crypto.getRandomValues( new Uint8Array( 16 ) ), function ( b ) {
			return ( 256 + b ).toString( 16 ).slice( 1 );
		} ).join( '' );
	}

	// After a booking every panel but the one that made it gets a new id.
	function id( panel ) {
		var s = load(), now = Date.now();
		if ( ! s || ! s.id || ! ( now - s.used < WEEK ) || ( s.done && panel !== finished ) ) {
			s = { id: mint() };
		}
		s.used = now;
		save( s );
		return s.id;
	}

	function finish( panel ) {
		var s = load();
		if ( s ) {
			s.done = 1;
			finished = panel;
			save( s );
		}
	}

	( function wait() {
		var hooks = window.bookneticHooks;
		if ( ! hooks ) {
			setTimeout( wait, 50 );
			return;
		}
		hooks.addFilter( 'appointment_ajax_data', function ( data, panel ) {
			try {
				data.set( KEY + '_session', id( panel ) );
				data.set( KEY + '_page', location.pathname + location.search );
			} catch ( e ) {}
			return data;
		} );
		hooks.addAction( 'booking_finished_successfully', finish );
		// Not all forms show a finish screen. With a url, payment is still to come.
		hooks.addAction( 'ajax_after_confirm_success', function ( panel, params, result ) {
			if ( result && ! result.url ) {
				finish( panel );
			}
		} );
	}() );
}() );
