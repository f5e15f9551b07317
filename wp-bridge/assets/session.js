( function () {
	var KEY = 'booking_recovery', WEEK = 6048e5, LOAD = Date.now(), memory, finished, trapped, answers = new Map(), waiting = 0, untold;

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

	// Tells addresses apart without keeping them.
	function sum( text ) {
		for ( var h = 2166136261, i = 0; i < text.length; i++ ) {
			h = Math.imul( h ^ text.charCodeAt( i ), 16777619 );
		}
		return h >>> 0;
	}

	function who( data ) {
		try {
			var cart = JSON.parse( data.get( 'cart' ) ), typed = ( cart[ data.get( 'current' ) ] || cart[ 0 ] ).customer_data,
				mail = String( typed.email || '' ).trim().toLowerCase(), phone = String( typed.phone || '' ).replace( /[\s().\-\/]/g, '' );
			return { mail: /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test( mail ) && sum( mail ), phone: /^\+\d{7,15}$/.test( phone ) && sum( phone ) };
		} catch ( e ) {
			return {};
		}
	}

	// Whoever gives another address on the page where one was given has corrected it; on a later page it is another person.
	function isAnother( s, person ) {
		var key = person.mail && s.mail ? 'mail' : 'phone';
		return s.load !== LOAD && person[ key ] && s[ key ] && person[ key ] !== s[ key ];
	}

	// After a booking every panel but the one that made it gets a new id.
	function id( panel, person ) {
		var s = load(), now = Date.now();
		if ( ! s || ! s.id || ! ( now - s.used < WEEK ) || ( s.done && panel !== finished ) || isAnother( s, person ) ) {
			s = { id: mint() };
		}
		if ( person.mail || person.phone ) {
			s.mail = person.mail || s.mail;
			s.phone = person.phone || s.phone;
			s.load = LOAD;
		}
		s.used = now;
		save( s );
		return s.id;
	}

	function field( panel, name ) {
		var root = panel && panel.panel_js && panel.panel_js[ 0 ];
		return ( root || document ).querySelector( '.' + KEY + name );
	}

	// The line or the box is gone from the page at the next step. A later page asks anew: no box may come ticked.
	function consent( panel ) {
		var box = field( panel, '_consent' ), shown = box || field( panel, '_consent_notice' );
		answers.set( panel, shown ? { box: box && ( box.checked ? '1' : '0' ), shown: shown.dataset.shown } : answers.get( panel ) || {} );
		return answers.get( panel );
	}

	// No request of the form's own follows when a box is ticked, or unticked before leaving. Each waits for the answer to the
	// one before: of two at once nobody knows which is heard last.
	function tell( panel ) {
		if ( waiting ) {
			untold = panel;
			return;
		}
		try {
			var data = panel.ajaxParameters(), person = who( data );
			if ( person.mail || person.phone ) {
				data.set( 'action', 'bkntc_check_customer_exist' );
				asked();
				fetch( window.BookneticData.ajax_url, { method: 'POST', body: data, keepalive: true } ).catch( Boolean ).then( answered );
			}
		} catch ( e ) {}
	}

	function tellRest() {
		var panel = untold;
		waiting = 0;
		untold = null;
		if ( panel ) {
			tell( panel );
		}
	}

	function asked() {
		waiting++;
	}

	function answered() {
		waiting--;
		if ( waiting < 1 ) {
			tellRest();
		}
	}

	function finish( panel ) {
		var s = load();
		if ( s ) {
			s.done = 1;
			finished = panel;
			save( s );
		}
	}

	document.addEventListener( 'change', function ( event ) {
		answers.forEach( function ( answer, panel ) {
			if ( event.target === field( panel, '_consent' ) ) {
				tell( panel );
			}
		} );
	}, true );
	addEventListener( 'pagehide', tellRest );

	( function wait() {
		var hooks = window.bookneticHooks;
		if ( ! hooks ) {
			setTimeout( wait, 50 );
			return;
		}
		hooks.addFilter( 'appointment_ajax_data', function ( data, panel ) {
			try {
				data.set( KEY + '_session', id( panel, who( data ) ) );
				data.set( KEY + '_page', location.pathname + location.search );
				data.set( KEY + '_referrer', document.referrer );
				var answer = consent( panel ), trap;
				if ( answer.box ) {
					data.set( KEY + '_consent', answer.box );
				}
				if ( answer.shown ) {
					data.set( KEY + '_shown', answer.shown );
				}
				// Nobody sees that field.
				trap = field( panel, '_subject' );
				trapped = trapped || ( trap && trap.value );
				if ( trapped ) {
					data.set( KEY + '_subject', '1' );
				}
			} catch ( e ) {}
			return data;
		} );
		hooks.addAction( 'ajax_before_check_customer_exist', asked );
		hooks.addAction( 'ajax_after_check_customer_exist_success', answered );
		hooks.addAction( 'ajax_after_check_customer_exist_error', answered );
		hooks.addAction( 'booking_finished_successfully', finish );
		// Not all forms show a finish screen. With a url, payment is still to come.
		hooks.addAction( 'ajax_after_confirm_success', function ( panel, params, result ) {
			if ( result && ! result.url ) {
				finish( panel );
			}
		} );
	}() );
}() );
